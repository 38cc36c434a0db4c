# SPDX-License-Identifier: GPL-2.0-or-later
"""A tree of labels on its network, as text and for Graphviz: who sends to whom, with which label,
what each link carried."""
import collections
import shutil

from netns import sh

# of packets sent meanwhile: labels they had on the link, frames there, copies of each packet
Load = collections.namedtuple("Load", "labels frames copies")
FILL = {"root": "lightskyblue", "transit": "lightgrey", "leaf": "palegreen", "bud": "khaki"}


class Drawing:
    """tree and loads are the lab's, hosts what hangs on its PEs: {pe: (host, towards it)}, levels
    the routers that are side by side."""

    def __init__(self, title, tree, loads, hosts, levels, failed=None):
        self.title, self.tree, self.loads, self.failed = title, tree, loads, failed
        self.hosts, self.levels = hosts, levels
        self.used = {(a, b): label for a, b, label in tree.edges()}

    def rows(self):
        """(what, label, frames, copies), the tree from its root on and then the other links."""
        yield f"{self.tree.root}  root", "", "", ""
        yield from self._below(self.tree.root, "")
        for a, b in self.loads:
            if (a, b) not in self.used:
                what = "failed" if (a, b) == self.failed else "not used"
                yield (f"{a} - {b}  {what}", *self._load(a, b))

    def _below(self, at, indent):
        branches = self.tree.branches.get(at, [])
        for n, (below, _) in enumerate(branches, 1):
            last = n == len(branches)
            role = self.tree.role.get(below, "no LSP")
            host = f" -> {self.hosts[below][0]}" if below in self.hosts else ""
            yield (f"{indent}{'`' if last else '|'}-- {below}  {role}{host}",
                   *self._load(at, below))
            yield from self._below(below, indent + ("    " if last else "|   "))

    def _load(self, a, b):
        load = self.loads[a, b]
        return (", ".join(map(str, load.labels)) or "-", load.frames,
                " or ".join(map(str, load.copies)))

    def dot(self):
        """For Graphviz.  Unused links are thin, a failed one is dashed."""
        out = [f'label="{self.title}"; labelloc=t; fontname=Helvetica; nodesep=1.1; ranksep=0.9; '
               "splines=line;",
               "node [shape=box style=\"rounded,filled\" fontname=Helvetica fillcolor=white];",
               "edge [fontname=Helvetica fontsize=11];"]
        for name in dict.fromkeys(x for link in self.loads for x in link):
            role = self.tree.role.get(name)
            out.append(f'{name} [label="{name}\\n{role or "not on the tree"}" '
                       f'fillcolor={FILL.get(role, "white")}];')
        for pe, (host, towards) in self.hosts.items():
            ends = f"{pe} -> {host}" if towards else f"{host} -> {pe}"
            out += [f"{host} [shape=ellipse];", f'{ends} [label="&#160;IP" penwidth=2];']
        out += [f"{{rank=same; {' -> '.join(level)} [style=invis];}}" for level in self.levels]
        for a, b in sorted(self.loads, key=lambda link: link in self.used):  # these on top
            out.append(f"{a} -> {b} [{self._edge(a, b)}];")
        return "digraph lsp {\n\t" + "\n\t".join(out) + "\n}\n"

    def _edge(self, a, b):
        if (a, b) == self.failed:
            return ('label="&#160;&#160;failed" style=dashed color=red fontcolor=red dir=none '
                    "penwidth=2")
        if (a, b) not in self.used:
            return "color=grey dir=none"
        label, frames, copies = self._load(a, b)
        rows = (f"<b>label {label}</b>", f"copies: {copies}", f"frames: {frames}")
        table = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
        return ('label=<<table border="0" cellpadding="0" cellspacing="0" bgcolor="white">'
                f"{table}</table>> color=blue fontcolor=blue penwidth=3")

    def write(self, path):
        """The .dot file and, where its program is installed, the picture; the path of the best."""
        path.write_text(self.dot())
        if not shutil.which("dot"):
            return path
        svg = path.with_suffix(".svg")
        sh(["dot", "-Tsvg", "-o", str(svg), str(path)])
        return svg
