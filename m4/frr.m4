dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl MCAST_FRR: headers, library and clippy of the installed stock FRR.
dnl   --with-frr-headers=DIR   what tools/frr-headers made (default: build/frr)
dnl Sets FRR_CFLAGS, FRR_LIBS, FRR_HEADERS, FRR_SBINDIR, CLIPPY and defines FRR_VERNUM.
AC_DEFUN([MCAST_FRR], [
AC_ARG_WITH([frr-headers],
	[AS_HELP_STRING([--with-frr-headers=DIR], [header tree made by tools/frr-headers])],
	[], [with_frr_headers=`cd "$srcdir" && pwd`/build/frr])
AC_ARG_VAR([ZEBRA], [path of the installed zebra])
AC_PATH_PROG([ZEBRA], [zebra], [/usr/lib/frr/zebra], [/usr/lib/frr:/usr/libexec/frr])
FRR_HEADERS=`cd "$with_frr_headers" 2>/dev/null && pwd`
AS_IF([test ! -f "$FRR_HEADERS/lib/version.h"],
	[AC_MSG_ERROR([no FRR headers in $with_frr_headers: run tools/frr-headers DIR])])
CLIPPY="$FRR_HEADERS/clippy"
FRR_CFLAGS="-DHAVE_CONFIG_H -isystem $FRR_HEADERS -isystem $FRR_HEADERS/lib/assert -isystem $FRR_HEADERS/lib -fms-extensions -D_GNU_SOURCE"
FRR_SBINDIR=`dirname "$ZEBRA"`

AC_MSG_CHECKING([for libfrr])
libfrr=`ldd "$ZEBRA" 2>/dev/null | sed -n 's/.*libfrr\.so\.0 => \(@<:@^ @:>@*\).*/\1/p'`
AS_IF([test ! -f "$libfrr"], [AC_MSG_ERROR([libfrr.so.0 not found: is frr installed?])])
AC_MSG_RESULT([$libfrr])
FRR_LIBS="$libfrr -Wl,-rpath,`dirname $libfrr`"

mcast_save_CFLAGS="$CFLAGS"; mcast_save_LIBS="$LIBS"
CFLAGS="$CFLAGS $FRR_CFLAGS"; LIBS="$FRR_LIBS $LIBS"
AC_MSG_CHECKING([the FRR version of the headers])
frr_ver=`sed -n 's/^#define FRR_VER_SHORT@<:@ 	@:>@*"\(@<:@^"@:>@*\)".*/\1/p' "$FRR_HEADERS/lib/version.h"`
frr_vernum=`echo "$frr_ver" | sed 's/@<:@^0-9.@:>@.*//' | awk -F. '{ print @S|@1 * 10000 + @S|@2 * 100 + @S|@3 }'`
AC_MSG_RESULT([$frr_ver ($frr_vernum)])
AS_IF([test "0$frr_vernum" -lt 80400], [AC_MSG_ERROR([FRR 8.4 or newer is required])])
AC_DEFINE_UNQUOTED([FRR_VERNUM], [$frr_vernum], [FRR version as a number: 8.4.4 is 80404])
dnl The SONAME is libfrr.so.0 in every release, so the binary has to be asked.
AC_MSG_CHECKING([that libfrr is that version])
AC_RUN_IFELSE([AC_LANG_PROGRAM([[
#include <string.h>
extern const char *frr_defaults_version(void);]],
	[[return strcmp(frr_defaults_version(), "$frr_ver") != 0;]])],
	[AC_MSG_RESULT([yes])],
	[AC_MSG_ERROR([libfrr differs from the headers: run tools/frr-headers again])],
	[AC_MSG_RESULT([cross compiling, not checked])])
dnl MULTIPATH_NUM is part of the ABI (struct zapi_route).
AC_MSG_CHECKING([MULTIPATH_NUM])
frr_mpath=`$ZEBRA --version 2>/dev/null | sed -n "s/.*--enable-multipath=\(@<:@0-9@:>@*\).*/\1/p"`
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include "config.h"
_Static_assert(MULTIPATH_NUM == ${frr_mpath:-16}, "ABI");]])],
	[AC_MSG_RESULT([${frr_mpath:-16}])],
	[AC_MSG_ERROR([headers and zebra disagree about MULTIPATH_NUM])])
CFLAGS="$mcast_save_CFLAGS"; LIBS="$mcast_save_LIBS"
AC_SUBST([FRR_CFLAGS]) AC_SUBST([FRR_LIBS]) AC_SUBST([FRR_HEADERS])
AC_SUBST([FRR_SBINDIR]) AC_SUBST([CLIPPY])
])
