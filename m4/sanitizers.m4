dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl MCAST_SANITIZERS: --enable-sanitizers builds everything with ASan and UBSan.
AC_DEFUN([MCAST_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
	[AS_HELP_STRING([--enable-sanitizers], [build with AddressSanitizer and UBSan])])
AS_IF([test "x$enable_sanitizers" = xyes], [
	SAN_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
])
AC_SUBST([SAN_CFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])
