/**
 * What {@code quarkus:dev} puts around the broker: PostgreSQL, the simulator, a configuration, a
 * sample caller. Never in the package. May use the platform's way in and the simulator; no room
 * knows it.
 */
@NullMarked
package org.tokenbroker.development;

import org.jspecify.annotations.NullMarked;
