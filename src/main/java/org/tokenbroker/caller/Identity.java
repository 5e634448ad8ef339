package org.tokenbroker.caller;

/** Whose request it is. */
sealed interface Identity permits AuthenticatedCaller, Admin {}
