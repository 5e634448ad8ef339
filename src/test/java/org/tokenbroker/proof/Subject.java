package org.tokenbroker.proof;

/**
 * An agency under test.
 *
 * @param slug what the broker calls it
 * @param active911Id what Active911 calls it
 * @param consentId its consent at the simulator
 */
record Subject(String slug, String active911Id, String consentId) {}
