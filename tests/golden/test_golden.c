// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Golden files: octets of the standards' catalogues and the text we print for them.
 *
 * An entry of a file (below $srcdir/tests/golden):
 *	W4045-9 a title
 *		c802001c 1111...		octets in hex, on indented lines
 *	> MSI tunnel 0x1111 ...			the text, each line after "> "
 * "#" starts a comment line.  To add a catalogue: a file and a row of `catalogues`.
 */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "l2mcd/l2tp_msg.h"
#include "lib/gmp_text.h"
#include "lib/text.h"
#include "mplsmc/ldp_msg.h"

static size_t print_l2tp(struct span octets, char *buf, size_t size)
{
	static const struct span secret = {(const uint8_t *)"s3cret", 6};

	return l2tp_msg_text(octets, secret, buf, size);
}

static size_t print_gmp(struct span octets, char *buf, size_t size)
{
	static struct gmp_decoder decoder;
	enum gmp_decode result;
	struct text t = text_init(buf, size);
	struct gmp_msg m;

	result = gmp_msg_decode(&decoder, octets, &m);
	if (result == GMP_DECODE_OK)
		gmp_msg_text(&m, &t);
	else
		text_add(&t, "%s\n", gmp_decode_name(result));
	return t.len;
}

static const struct {
	const char *file, *prefix; /* of the IDs in the file that are printed by this */
	size_t (*print)(struct span octets, char *buf, size_t size);
	unsigned int entries; /* at least */
} catalogues[] = {
	{"l2tp.txt", "W4045-", print_l2tp, 17},
	{"l2tp.txt", "W2661-", print_l2tp, 4},
	{"l2tp.txt", "L2TP-", print_l2tp, 9},
	{"gmp.txt", "GMP-", print_gmp, 19},
	{"ldp.txt", "W-LDP-", ldp_text, 19},
	{"ldp.txt", "LDP-", ldp_text, 27},
};

struct entry {
	char title[128];
	uint8_t octets[4096];
	size_t len;
	char text[8192];
	struct text expected;
};

static void add_octets(struct entry *e, const char *line)
{
	int digits = 0;

	for (; *line; line++) {
		if (isspace((unsigned char)*line))
			continue;
		ck_assert_msg(isxdigit((unsigned char)*line) && e->len < sizeof(e->octets),
			      "%s: not hex: %s", e->title, line);
		e->octets[e->len] =
			(digits ? e->octets[e->len] << 4 : 0) |
			(isdigit((unsigned char)*line) ? *line - '0' : (*line | 0x20) - 'a' + 10);
		digits ^= 1;
		e->len += !digits;
	}
	ck_assert_msg(!digits, "%s: half an octet", e->title);
}

/* Compares an entry that has been read; true if it is of this catalogue. */
static bool check_entry(const struct entry *e, int catalogue)
{
	char printed[8192];

	if (strncmp(e->title, catalogues[catalogue].prefix, strlen(catalogues[catalogue].prefix)))
		return false;
	catalogues[catalogue].print((struct span){e->octets, e->len}, printed, sizeof(printed));
	ck_assert_msg(!strcmp(printed, e->text), "%s\nexpected:\n%s\nprinted:\n%s", e->title,
		      e->text, printed);
	return true;
}

static void start_entry(struct entry *e, const char *line)
{
	e->len = 0;
	e->expected = text_init(e->text, sizeof(e->text));
	snprintf(e->title, sizeof(e->title), "%s", line);
	e->title[strcspn(e->title, "\n")] = '\0';
}

START_TEST(what_is_printed_is_what_the_file_says)
{
	const char *srcdir = getenv("srcdir");
	static struct entry e;
	unsigned int n = 0;
	char line[512];
	FILE *f;

	snprintf(line, sizeof(line), "%s/tests/golden/%s", srcdir ? srcdir : ".",
		 catalogues[_i].file);
	f = fopen(line, "r");
	ck_assert_msg(f != NULL, "%s not found", line);
	start_entry(&e, "");
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '>') {
			text_add(&e.expected, "%s", line[1] == ' ' ? line + 2 : line + 1);
		} else if (isspace((unsigned char)line[0])) {
			add_octets(&e, line);
		} else if (line[0] != '#') {
			n += check_entry(&e, _i);
			start_entry(&e, line);
		}
	}
	n += check_entry(&e, _i);
	fclose(f);
	ck_assert_uint_ge(n, catalogues[_i].entries);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("golden");
	TCase *t = tcase_create("catalogues");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, what_is_printed_is_what_the_file_says, 0, array_size(catalogues));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
