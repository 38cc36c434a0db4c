/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mcfib_json.h - messages of mcfib/1 as JSON; keys are the field names of mcfib.proto. */
#ifndef MCAST_MCFIB_JSON_H
#define MCAST_MCFIB_JSON_H

#include "lib/fib_vty.h"

json_object *mcfib_msg_json(const struct fib_msg *m);
const char *mcfib_table_field(enum fib_table table); /**< "l2tpFlow" */

#endif
