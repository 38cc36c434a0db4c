// SPDX-License-Identifier: GPL-2.0-or-later
/* Netlink messages about multicast routes. */
#include <stdlib.h>

#include "lib/mroute_netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mroute r;

	if (mroute_parse((struct span){data, size}, &r) &&
	    (!addr_is_multicast(&r.group) || r.n_oif > MROUTE_MAX_OIFS || r.idle_ms < 0))
		abort();
	return 0;
}
