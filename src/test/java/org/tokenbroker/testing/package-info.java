/** What tests of several rooms share: a real PostgreSQL, a running broker, a stand-in upstream. */
@NullMarked
package org.tokenbroker.testing;

import org.jspecify.annotations.NullMarked;
