/**
 * Keeps access tokens fresh. {@link org.tokenbroker.refresh.Refresher} is the one way in which a
 * token is renewed; the schedule only decides when. Knows Active911 and the agencies' grants.
 */
@NullMarked
package org.tokenbroker.refresh;

import org.jspecify.annotations.NullMarked;
