/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_reliable.h - reliable delivery of control messages (RFC 2661 5.8, appendices A and B).
 *
 * One channel per control connection.  Sending: a queue of encoded messages, of which the
 * first `flight` are on the way and unacknowledged; slow start and congestion avoidance below
 * the peer's window; one retransmission timer with exponential back-off.  Receiving: the
 * order of Ns decides what is new, early, a duplicate or out of the window.
 *
 * An engine file: what is to be sent leaves through ops->transmit().
 */
#ifndef L2MCD_L2TP_RELIABLE_H
#define L2MCD_L2TP_RELIABLE_H

#include "l2mcd/l2tp_msg.h"
#include "lib/twheel.h"

DECLARE_MGROUP(L2TP);

#define L2TP_DEFAULT_WINDOW 4 /* without AVP 10 (R2661-4.4.3-9) */
#define L2TP_MAX_WINDOW	    32768
#define L2TP_MAX_EARLY	    (256 * 1024) /* octets kept of messages that came early */

PREDECL_DLIST(l2tp_tx);
PREDECL_HASH(l2tp_rx);

/** A message to send, until it is acknowledged. */
struct l2tp_tx_msg {
	struct l2tp_tx_item item;
	enum l2tp_msg_type type;
	uint64_t cookie;
	msec_t sent;	/* last transmission */
	uint32_t tries; /* transmissions so far; ns is valid from the first on */
	uint16_t ns;
	size_t len;
	uint8_t data[];
};

DECLARE_DLIST(l2tp_tx, struct l2tp_tx_msg, item);

/** A message that came before its turn. */
struct l2tp_rx_msg {
	struct l2tp_rx_item item;
	uint16_t ns;
	size_t len;
	uint8_t data[];
};

int l2tp_rx_cmp(const struct l2tp_rx_msg *a, const struct l2tp_rx_msg *b);
uint32_t l2tp_rx_hash(const struct l2tp_rx_msg *m);
DECLARE_HASH(l2tp_rx, struct l2tp_rx_msg, item, l2tp_rx_cmp, l2tp_rx_hash);

struct l2tp_reliable;

struct l2tp_reliable_ops {
	/** A datagram for the peer; data is only valid during the call. */
	void (*transmit)(struct l2tp_reliable *r, enum l2tp_msg_type type, struct span data,
			 bool again);
	/** The peer has acknowledged a message.  May send, stop and silence the channel. */
	void (*acked)(struct l2tp_reliable *r, enum l2tp_msg_type type, uint64_t cookie,
		      msec_t now);
	/** The retry limit is reached (R2661-5.8-9).  May free the channel. */
	void (*dead)(struct l2tp_reliable *r, msec_t now);
};

struct l2tp_reliable_params {
	msec_t rto_ms, rto_max_ms;
	uint32_t retries; /* after the first transmission */
	uint16_t rx_window;
};

struct l2tp_reliable {
	const struct l2tp_reliable_ops *ops;
	struct twheel *wheel;
	struct l2tp_reliable_params p;
	uint16_t peer_id; /* Tunnel ID for the headers, 0: not known yet */

	/* sending */
	uint16_t ns; /* of the next message that is new on the wire */
	struct l2tp_tx_head queue;
	struct l2tp_tx_msg *next; /* the first of the queue that is not in flight */
	size_t flight;
	uint32_t peer_window, cwnd, ssthresh;
	uint32_t cwnd_acks; /* congestion avoidance: acknowledgements since cwnd last grew */
	uint32_t backoff;   /* time-outs since the last acknowledgement */
	uint32_t rtt_ms;    /* smoothed, 0: unknown */
	uint64_t retransmits;
	struct timer timer;
	bool held; /* input is being processed: answers go out at its end, with its Nr */

	/* receiving */
	uint16_t nr;
	bool ack_due;
	struct l2tp_rx_head early;
	size_t early_octets;
};

void l2tp_reliable_init(struct l2tp_reliable *r, const struct l2tp_reliable_ops *ops,
			struct twheel *wheel, const struct l2tp_reliable_params *p);
void l2tp_reliable_fini(struct l2tp_reliable *r);

/** The peer's Receive Window Size (AVP 10). */
void l2tp_reliable_set_window(struct l2tp_reliable *r, uint16_t window);

/** Queues an encoded message; Ns, Nr and the Tunnel ID are filled in when it is sent. */
void l2tp_reliable_send(struct l2tp_reliable *r, enum l2tp_msg_type type, struct span message,
			uint64_t cookie, msec_t now);

/** Forgets what was never on the wire: its Ns is still free. */
void l2tp_reliable_drop_unsent(struct l2tp_reliable *r);

/** Sends nothing any more except acknowledgements. */
void l2tp_reliable_silence(struct l2tp_reliable *r);

enum l2tp_rx_verdict {
	L2TP_RX_ZLB,
	L2TP_RX_IN_ORDER,      /* process it after l2tp_reliable_accept() */
	L2TP_RX_EARLY,	       /* kept until its turn */
	L2TP_RX_DUPLICATE,     /* an acknowledgement is due again (R2661-5.8-4) */
	L2TP_RX_OUT_OF_WINDOW, /* dropped */
};

/** A message came: its Nr is taken at once, its Ns judged. */
enum l2tp_rx_verdict l2tp_reliable_receive(struct l2tp_reliable *r, uint16_t ns, uint16_t nr,
					   struct span datagram, msec_t now);

/** The message in order counts as received: it is acknowledged from now on. */
void l2tp_reliable_accept(struct l2tp_reliable *r);

/** The early message whose turn it is now, or NULL. */
struct l2tp_rx_msg *l2tp_reliable_early(struct l2tp_reliable *r);
void l2tp_rx_msg_free(struct l2tp_rx_msg *m);

/** End of an input: sends what the window allows, and a ZLB if an acknowledgement is due. */
void l2tp_reliable_flush(struct l2tp_reliable *r, msec_t now);

/** Time from a first transmission to the last repetition: 31 s by default (A2661-1). */
msec_t l2tp_reliable_cycle(const struct l2tp_reliable_params *p);

static inline size_t l2tp_reliable_unacked(const struct l2tp_reliable *r)
{
	return r->flight;
}

#endif
