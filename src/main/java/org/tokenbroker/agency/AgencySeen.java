package org.tokenbroker.agency;

/**
 * A change of an agency, made by whichever replica, has reached this one's memory.
 *
 * @param slug the agency it is about
 */
public record AgencySeen(String slug) {}
