dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl MCAST_SANITIZERS: --enable-sanitizers builds everything with ASan and UBSan;
dnl --enable-fuzzer does so for libFuzzer (clang), which brings the main() of tests/fuzz.
AC_DEFUN([MCAST_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
	[AS_HELP_STRING([--enable-sanitizers], [build with AddressSanitizer and UBSan])])
AC_ARG_ENABLE([fuzzer],
	[AS_HELP_STRING([--enable-fuzzer], [build tests/fuzz for libFuzzer, needs CC=clang])])
mcast_san="-fno-sanitize-recover=undefined -fno-omit-frame-pointer"
AS_IF([test "x$enable_fuzzer" = xyes], [
	SAN_CFLAGS="-fsanitize=fuzzer-no-link,address,undefined $mcast_san -DMCAST_LIBFUZZER"
	FUZZ_LDFLAGS="-fsanitize=fuzzer"
], [test "x$enable_sanitizers" = xyes], [
	SAN_CFLAGS="-fsanitize=address,undefined $mcast_san"
])
AC_SUBST([SAN_CFLAGS])
AC_SUBST([FUZZ_LDFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])
