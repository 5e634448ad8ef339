/**
 * Traces (OpenTelemetry): what a read that memory could not answer waited for. Off unless an
 * operator switches them on.
 */
@NullMarked
package org.tokenbroker.trace;

import org.jspecify.annotations.NullMarked;
