package org.tokenbroker.agency;

import java.util.List;
import org.tokenbroker.agency.TokenCipher.Place;

/**
 * A column that holds ciphertexts of {@link TokenCipher}.
 *
 * @param table the table's name
 * @param key its primary key, which is a part of each ciphertext's place
 * @param keyType the key's type
 * @param before a key that stands before all others
 * @param column the column's name
 */
record EncryptedColumn(String table, String key, String keyType, String before, String column) {

  /** All there are. */
  static final List<EncryptedColumn> ALL =
      List.of(
          ofGrant("access_token"),
          ofGrant("refresh_token"),
          ofGrant("previous_refresh_token"),
          ofCandidate("access_token"),
          ofCandidate("refresh_token"));

  private static EncryptedColumn ofGrant(String column) {
    return new EncryptedColumn("agency_grant", "agency_id", "bigint", "-1", column);
  }

  private static EncryptedColumn ofCandidate(String column) {
    return new EncryptedColumn("candidate", "id", "text", "", column);
  }

  /** Where a row's ciphertext belongs. */
  Place placeOf(String row) {
    return new Place(table, row, column);
  }
}
