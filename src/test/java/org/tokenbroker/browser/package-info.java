/**
 * The pages as people meet them: the packaged broker, opened in a real browser, with the simulator
 * of Active911 on another site. Where the machine has no browser the tests are skipped, unless
 * {@code BROWSER_TESTS=required} is in the environment.
 */
@NullMarked
package org.tokenbroker.browser;

import org.jspecify.annotations.NullMarked;
