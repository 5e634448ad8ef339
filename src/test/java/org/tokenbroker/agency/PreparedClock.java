package org.tokenbroker.agency;

import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;

/** A database's clock without a broker. */
@NullMarked
public final class PreparedClock {

  private PreparedClock() {}

  /** The clock of this database, asked once. */
  public static DatabaseClock of(DataSource dataSource) {
    DatabaseClock clock = new DatabaseClock(dataSource, System::nanoTime);
    clock.start();
    return clock;
  }
}
