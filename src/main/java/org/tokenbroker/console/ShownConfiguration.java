package org.tokenbroker.console;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What this process is configured with, as far as it may be shown. */
public interface ShownConfiguration {

  /**
   * One key.
   *
   * @param value what holds; of a secret only that it is set; null: nothing
   * @param byDefault whether that is so because nothing else was said
   */
  record Entry(String key, @Nullable String value, boolean byDefault) {}

  /** All keys, in the order of the documentation. */
  List<Entry> entries();
}
