package org.tokenbroker.agency;

/**
 * What is known of an agency's consent.
 *
 * <pre>
 *            connect / import                invalid_grant for the stored token
 *  PENDING ───────────────────▶ CONNECTED ─────────────────────────────────────▶ NEEDS_CONSENT
 *                                 ▲   ▲                                               │ │
 *                                 │   └────────── connect / import ───────────────────┘ │
 *                                 └────── an answer that holds a live token ────────────┘
 * </pre>
 *
 * <p>Invariants: only {@code invalid_grant} for the very token that is stored leads to {@link
 * #NEEDS_CONSENT}; no other error, and no lack of an answer, does. A token that is still valid is
 * handed out in {@link #NEEDS_CONSENT} too. {@link #PENDING} is never stored: it is the absence of
 * a grant.
 */
public enum ConnectionState {
  PENDING,
  CONNECTED,
  NEEDS_CONSENT
}
