package org.tokenbroker.agency;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** By which keys the stored tokens are encrypted: each ciphertext names its key in front. */
public final class EncryptionKeyUse {

  // Byte 0 is 1 where a key id follows in the next four; anything else is no ciphertext of ours.
  private static final String COUNT =
      EncryptedColumn.ALL.stream()
          .map(
              column ->
                  "select substring(%s from 2 for 4) as id from %s where get_byte(%s, 0) = 1"
                      .formatted(column.column(), column.table(), guarded(column)))
          .collect(
              Collectors.joining(
                  " union all ",
                  "select ('x' || encode(id, 'hex'))::bit(32)::bigint & 4294967295, count(*) from (",
                  ") ciphertext group by id"));

  private EncryptionKeyUse() {}

  /** A value too short to name a key must not fail the count. */
  private static String guarded(EncryptedColumn column) {
    return "case when length(%1$s) > 5 then %1$s else '\\x00'::bytea end"
        .formatted(column.column());
  }

  /**
   * How many stored values each key has encrypted, by the key's id; keys that have encrypted none
   * are left out. Reads every row.
   */
  public static SortedMap<Long, Long> count(Connection connection) throws SQLException {
    SortedMap<Long, Long> values = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(COUNT)) {
      while (row.next()) {
        values.put(row.getLong(1), row.getLong(2));
      }
    }
    return values;
  }
}
