package org.tokenbroker.agency;

/**
 * Something that hand-outs depend on was committed: a token stored, a pause, an agency created or
 * deleted. Fired after the commit, on the thread that made it.
 *
 * @param slug the agency it is about
 */
public record AgencyChanged(String slug) {}
