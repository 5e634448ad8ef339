package org.tokenbroker.testing;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A test against the broker, started inside this JVM with a real database. All such classes share
 * one broker and run one after the other, while plain tests run beside them: so they must not count
 * on an empty database, but use names of their own.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@QuarkusTest
@WithTestResource(BrokerTestResource.class)
@Execution(
    value = ExecutionMode.SAME_THREAD,
    reason = "they share one running application and the framework's static state")
public @interface BrokerTest {}
