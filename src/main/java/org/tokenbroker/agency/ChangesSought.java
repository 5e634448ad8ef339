package org.tokenbroker.agency;

/**
 * The database was just asked which agencies have changed, and answered: whoever holds something
 * else of it in memory asks now as well. Fired at least once in half a second while the database
 * answers, and at once when another replica says that callers have changed.
 */
public record ChangesSought() {}
