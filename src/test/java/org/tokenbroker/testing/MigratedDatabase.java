package org.tokenbroker.testing;

import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A database with the broker's schema, for tests of what reads and writes it. Registered with
 * {@link RegisterExtension} in a static field it is new for each test class, in an instance field
 * for each test.
 */
public final class MigratedDatabase implements Extension, BeforeAllCallback, BeforeEachCallback {

  private @Nullable TestDatabase database;

  @Override
  public void beforeAll(ExtensionContext context) {
    database = TestDatabase.create().migrated();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (database == null) {
      database = TestDatabase.create().migrated();
    }
  }

  /** A source of connections to it, without a pool. */
  public DataSource dataSource() {
    return database().dataSource();
  }

  /** Where it is. */
  public TestDatabase database() {
    if (database == null) {
      throw new IllegalStateException("there is a database only while a test runs");
    }
    return database;
  }
}
