/**
 * How an agency comes to be known and connected, and how an admin looks after it: settings, the
 * authorization-code flow, imports, candidates. What is won from Active911 is stored before
 * anything else is done with it. Knows callers, the refresher and all below them.
 */
@NullMarked
package org.tokenbroker.onboarding;

import org.jspecify.annotations.NullMarked;
