package org.tokenbroker.agency;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.tokenbroker.oauth.TokenSet;

/**
 * Connects agencies for tests that need thousands: stores a consent by the same statement as the
 * broker does, without a broker. A broker that runs hears of it as of any other change.
 */
@NullMarked
public final class PreparedGrants {

  /** What a tick of the schedule asks when nothing is due. */
  public static final String IS_ANY_DUE = Grants.IS_ANY_DUE;

  private final DataSource dataSource;
  private final Grants grants;

  /**
   * For one database.
   *
   * @param keyset the brokers' encryption keyset
   */
  public PreparedGrants(DataSource dataSource, String keyset) {
    this.dataSource = dataSource;
    this.grants = new Grants(dataSource, new TokenCipher(keyset));
  }

  /** The grants of this database, as a broker has them. */
  public Grants grants() {
    return grants;
  }

  /** Creates an agency and makes this consent its grant. */
  public void connect(
      String slug,
      Active911Agency active911Agency,
      TokenSet tokens,
      Instant issuedAt,
      Instant nextRefreshAt) {
    grants.connect(
        create(slug, tokens),
        UUID.randomUUID(),
        GrantKind.APPLICATION,
        active911Agency,
        tokens,
        issuedAt,
        nextRefreshAt);
  }

  private long create(String slug, TokenSet tokens) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "insert into agency (id, slug, name, scope_requested)"
                    + " values (nextval('agency_seq'), ?, ?, ?) returning id")) {
      statement.setString(1, slug);
      statement.setString(2, slug);
      statement.setString(3, tokens.scope().toString());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
