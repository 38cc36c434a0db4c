dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl MCAST_PIMD_MODULE: what the module of stock pimd needs: pimd's headers, and objcopy.
AC_DEFUN([MCAST_PIMD_MODULE], [
AC_CHECK_TOOL([LD], [ld])
AC_CHECK_TOOL([OBJCOPY], [objcopy])
AC_MSG_CHECKING([for pimd's headers])
AS_IF([test -f "$FRR_HEADERS/pimd/pimd.h" && test -n "$OBJCOPY"],
	[mcast_pimd_module=yes], [mcast_pimd_module="no, run tools/frr-headers again for pimd's module"])
AC_MSG_RESULT([$mcast_pimd_module])
AC_SUBST([FRR_MODULEDIR], [`dirname "$libfrr"`/modules])
AM_CONDITIONAL([PIMD_MODULE], [test "$mcast_pimd_module" = yes])
])
