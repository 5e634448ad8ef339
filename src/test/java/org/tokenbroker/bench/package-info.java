/**
 * Measures the packaged broker, each figure against something that was measured in the same run.
 * Nothing here is a test: {@code bench/run} starts it, see {@code docs/performance.md}.
 */
@NullMarked
package org.tokenbroker.bench;

import org.jspecify.annotations.NullMarked;
