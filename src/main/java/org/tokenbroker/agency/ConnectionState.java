package org.tokenbroker.agency;

/**
 * What is known of an agency's consent.
 *
 * <pre>
 *            connect                     invalid_grant for the stored token
 *  PENDING ───────────▶ CONNECTED ─────────────────────────────────────────▶ NEEDS_CONSENT
 *                        ▲ ▲   │ ▲                                             │   │   │
 *                        │ │   │ └───────────────── connect ───────────────────┘   │   │
 *                        │ │   └─ connect: another consent                         │   │
 *                        │ └────── an admin's attempt finds the token live ────────┘   │
 *                        └──────── an answer comes after all: settled late ────────────┘
 * </pre>
 *
 * Deleting the agency leads from anywhere to no row. {@link #PENDING} is never stored: it is the
 * absence of a grant.
 *
 * <p>Within a grant, who may present the refresh token. Claims of the schedule and of readers need
 * {@link #CONNECTED}; an admin's do not.
 *
 * <pre>
 *            claim: lease, and a marker that names the token, when, and by whom
 *   FREE ───────────────────────────────────────────────────────────────────────▶ LEASED
 *    ▲ ▲    ◀── settle: token stored; no marker ──────────────────────────────────── │ │
 *    │ │    ◀── consentGone: NEEDS_CONSENT; no marker ────────────────────────────── │ │
 *    │ │    ◀── deferred, release: own marker goes, a rival's stays ──────────────── │ │
 *    │ │    ◀── the lease ends, nothing was heard of its holder; its marker stays ── │ │
 *    │ │                                                                             │ │
 *    │ │        a claim over a marker for the same token makes that the rival's      │ │
 *    │ │                                                                             │ │
 *    │ └─── the rival's answer is settled: token stored ──── GRACE ◀── awaitRival ───┘ │
 *    └───── giveUpRivals at its end: NEEDS_CONSENT ─────────   │                       │
 *                                                              │                       │
 *    from each of the three, connect makes a new consent: FREE, without a marker ──────┘
 * </pre>
 *
 * <ul>
 *   <li>FREE: {@code lease_owner} is null, or {@code lease_until} has passed. Whoever was the
 *       holder may still settle, and may still have the refusal he met count until somebody else
 *       claims. A token that has a marker is left alone for a quarter of an hour while the access
 *       token is good; an admin need not wait.
 *   <li>LEASED: {@code lease_until} is ahead, on the database's clock. {@code presented_*} is the
 *       holder's marker; {@code rival_presented_at} is set where an earlier holder set out to
 *       present the same token and was never heard of.
 *   <li>GRACE: {@code lease_owner} is {@code 'grace'}. The holder was refused, but the rival's
 *       answer may hold the token that took the stored one's place. Nothing is presented until that
 *       answer's time is over, {@code lease_until}. Only in {@link #CONNECTED}.
 * </ul>
 *
 * <p>Invariants, and the tests that check them. Those of {@code ProtocolModelCheckTest} hold in
 * every state that two replicas can come to, whatever fails; {@code GrantModelTest} ties them to
 * the SQL.
 *
 * <ol>
 *   <li>Only {@code invalid_grant} for the very token that is stored leads to {@link
 *       #NEEDS_CONSENT}; no other error, and no lack of an answer, does ({@code
 *       GrantTransitionsTest.refusalOfATokenThatWasReplacedDoesNotCount}, {@code
 *       UpstreamFaultsTest.aFailureThatProvesNothingLeavesTheConsentAsItIs}).
 *   <li>The last live refresh token is never lost: it stays in the row, in memory, in a journal or
 *       on its way, except where the network loses a reply or a process is killed between
 *       Active911's answer and the journal ({@code ProtocolModelCheckTest.thePromisesAreKept} (a),
 *       {@code anAnswerIsLostWithTheProcessThatDidNotJournalIt}).
 *   <li>A consent counts as gone only while nobody who is within his time holds a live token
 *       ({@code thePromisesAreKept} (b)); an answer that comes later still brings it back ({@code
 *       GrantTransitionsTest.lateAnswerLeadsOutOfNeedsConsent}, {@code
 *       GrantsAtOnceTest.aLateAnswerIsStoredAlthoughTheConsentIsJustGone}).
 *   <li>At most one lease runs, and at most one call presents a token, unless its caller was held
 *       up beyond its lease ({@code thePromisesAreKept} (c), {@code
 *       GrantsAtOnceTest.ofTwoClaimsOneIsWon}, {@code
 *       GrantTransitionsTest.leaseWonByOneIsHeldUntilItsEnd}).
 *   <li>Nothing newer is overwritten: {@code generation} only grows, and an answer is stored only
 *       over the token and the access token it was asked for, of the same connection ({@code
 *       thePromisesAreKept} (d), {@code GrantsAtOnceTest.ofTwoAnswersForOneTokenTheFirstIsStored},
 *       {@code GrantTransitionsTest.reconnectDuringARefreshMakesItsAnswerCountForNothing}, {@code
 *       deleteDuringARefreshMakesItsAnswerCountForNothing}).
 *   <li>A marker goes only with an answer that is settled, with its own holder's failure, with the
 *       consent, or with a later marker that is waited for longer ({@code
 *       GrantTransitionsTest.grantOfALostHolderIsDueAgainAfterAQuarterOfAnHour}, {@code
 *       rivalsMarkerOutlivesAFailure}, {@code rivalsMarkerOutlivesALeaseGivenBack}, {@code
 *       markerIsKeptWhereTheHolderIsNeverHeardOfAgain}).
 *   <li>From everywhere, what a live system does in the end leads to a live token or to a consent
 *       that is gone ({@code thePromisesAreKept} (e), {@code
 *       GrantTransitionsTest.graceEndsWithTheRivalsTimeAndTheRefusalCounts}).
 *   <li>A token that is still valid is handed out in {@link #NEEDS_CONSENT} too ({@code
 *       TokenResourceTest.aConsentFoundGoneLeavesItsTokenUntilThatExpires}).
 * </ol>
 */
public enum ConnectionState {
  PENDING,
  CONNECTED,
  NEEDS_CONSENT
}
