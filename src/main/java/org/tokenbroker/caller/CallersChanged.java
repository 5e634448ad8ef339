package org.tokenbroker.caller;

/** A caller, a key or a grant was changed and committed. Fired on the thread that made it. */
public record CallersChanged() {}
