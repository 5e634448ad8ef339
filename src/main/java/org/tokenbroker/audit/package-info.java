/**
 * What happened, who did it and in which request, and who was handed which token: written once,
 * never changed. Every room may write here, so this one knows none.
 */
@NullMarked
package org.tokenbroker.audit;

import org.jspecify.annotations.NullMarked;
