package org.tokenbroker.platform;

import io.quarkus.runtime.configuration.DurationConverter;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.caller.TrustedProxies;
import org.tokenbroker.notice.NoticeKind;
import org.tokenbroker.notice.NoticeSettings;
import org.tokenbroker.notice.WebhookSignature;
import org.tokenbroker.oauth.Scope;

/**
 * What a configured value must be.
 *
 * @param description completes "must be", and quotes no value
 * @param test whether a value, which is never empty, is so; does not throw
 */
record Expectation(String description, Predicate<String> test) {

  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7E]+");
  private static final Pattern PRINTABLE = Pattern.compile("[^\\p{Cntrl}]+");
  private static final Pattern PARAMETER_NAME = Pattern.compile("[a-z_]+");
  private static final Pattern MAIL_ADDRESS =
      Pattern.compile("[^\\s@,;<>?&\"()]+@[^\\s@,;<>?&\"()]+");
  private static final Pattern COMMA = Pattern.compile(",");

  boolean isMetBy(String value) {
    return test.test(value);
  }

  /** A key that is sent as a bearer token, hence of visible ASCII characters (RFC 6750 §2.1). */
  static Expectation key(int length) {
    return new Expectation(
        "at least %d visible ASCII characters without a space".formatted(length),
        value -> value.length() >= length && VISIBLE.matcher(value).matches());
  }

  static Expectation text() {
    return new Expectation(
        "text without control characters", value -> PRINTABLE.matcher(value).matches());
  }

  static Expectation secretText() {
    return new Expectation(
        "a secret, without line breaks", value -> PRINTABLE.matcher(value).matches());
  }

  static Expectation flag() {
    return new Expectation("true or false", Set.of("true", "false")::contains);
  }

  static Expectation integer(int least, int most) {
    return new Expectation(
        "a whole number from %d to %d".formatted(least, most),
        value -> {
          try {
            int number = Integer.parseInt(value);
            return number >= least && number <= most;
          } catch (NumberFormatException e) {
            return false;
          }
        });
  }

  /** In seconds, or with a unit ({@code 500ms}, {@code 10s}, {@code 5m}), or as in ISO 8601. */
  static Expectation duration(String least, String most) {
    Duration shortest = DurationConverter.parseDuration(least);
    Duration longest = DurationConverter.parseDuration(most);
    return new Expectation(
        "a duration from %s to %s, such as 10s, 5m or PT1H".formatted(least, most),
        value -> {
          try {
            Duration duration = DurationConverter.parseDuration(value);
            return duration.compareTo(shortest) >= 0 && duration.compareTo(longest) <= 0;
          } catch (IllegalArgumentException | ArithmeticException e) {
            return false;
          }
        });
  }

  /** An address to which a path or a query is added. */
  static Expectation webAddress() {
    return new Expectation(
        "an absolute http or https address without user, query and fragment",
        value -> isWebAddress(value) && URI.create(value).getRawQuery() == null);
  }

  /** Several of them. */
  static Expectation webAddresses() {
    return new Expectation(
        "absolute http or https addresses without user, query and fragment, with commas between"
            + " them, each once",
        value -> {
          List<String> addresses = COMMA.splitAsStream(value + " ").map(String::strip).toList();
          return addresses.stream().allMatch(webAddress()::isMetBy)
              && new TreeSet<>(addresses).size() == addresses.size();
        });
  }

  static Expectation networks() {
    return new Expectation(
        "addresses or networks, such as 10.0.0.0/8 or fd00::1, with commas between them",
        value -> {
          try {
            TrustedProxies _ = TrustedProxies.parse(value);
            return true;
          } catch (IllegalArgumentException e) {
            return false;
          }
        });
  }

  /** An address that is called as it is (RFC 6749 §3.1 and §3.2: no fragment, a query may be). */
  static Expectation endpoint() {
    return new Expectation(
        "an absolute http or https address without user and fragment", Expectation::isWebAddress);
  }

  private static boolean isWebAddress(String value) {
    try {
      URI uri = new URI(value);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Where notices are sent: what they say of agencies is to cross no network in the clear. */
  static Expectation webhook() {
    return new Expectation(
        "an absolute https address without user and fragment, or an http one of this machine",
        value -> {
          if (!isWebAddress(value)) {
            return false;
          }
          URI uri = URI.create(value);
          return "https".equals(uri.getScheme()) || isLoopback(uri.getHost());
        });
  }

  static Expectation webhookSecret() {
    return new Expectation(
        "whsec_ and 24 to 64 random bytes in Base64", WebhookSignature::isSecret);
  }

  static Expectation mailAddresses() {
    return new Expectation(
        "mail addresses such as dispatch@example.com, with commas between them, each once",
        value -> {
          List<String> addresses = COMMA.splitAsStream(value + " ").map(String::strip).toList();
          return addresses.stream().allMatch(address -> MAIL_ADDRESS.matcher(address).matches())
              && new TreeSet<>(addresses).size() == addresses.size();
        });
  }

  static Expectation noticeKinds() {
    return new Expectation(
        "kinds of notices with commas between them: "
            + Arrays.stream(NoticeKind.values())
                .map(NoticeKind::toString)
                .collect(Collectors.joining(", ")),
        value -> {
          try {
            return !NoticeSettings.kinds(value).isEmpty();
          } catch (IllegalArgumentException e) {
            return false;
          }
        });
  }

  /** Whether a host of an address is this machine, as far as that can be told by looking at it. */
  static boolean isLoopback(String host) {
    if (host.equals("localhost") || host.endsWith(".localhost")) {
      return true;
    }
    if (!host.startsWith("[") && !host.startsWith("127.")) {
      return false; // a name: it is not looked up, the check asks no other machine
    }
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static Expectation postgresqlUrl() {
    return new Expectation(
        "a JDBC URL of PostgreSQL, such as jdbc:postgresql://host:5432/database",
        value -> value.startsWith("jdbc:postgresql:") && isTakenByDriver(value));
  }

  private static boolean isTakenByDriver(String url) {
    try {
      return DriverManager.getDriver(url).acceptsURL(url);
    } catch (SQLException e) {
      return false;
    }
  }

  static Expectation keyset() {
    return new Expectation(
        "a Tink AEAD keyset in JSON, such as the command 'keyset create' prints",
        value -> {
          try {
            TokenCipher _ = new TokenCipher(value);
            return true;
          } catch (IllegalArgumentException e) {
            return false;
          }
        });
  }

  static Expectation scope() {
    return new Expectation(
        "scope tokens with spaces between them, " + Scope.READ_AGENCY + " among them",
        value -> {
          try {
            return Scope.parse(value).contains(Scope.READ_AGENCY);
          } catch (IllegalArgumentException e) {
            return false;
          }
        });
  }

  static Expectation parameterNames() {
    return new Expectation(
        "parameter names of a-z and _, with commas between them, each once",
        value -> {
          List<String> names = COMMA.splitAsStream(value + " ").map(String::strip).toList();
          return names.stream().allMatch(name -> PARAMETER_NAME.matcher(name).matches())
              && new TreeSet<>(names).size() == names.size();
        });
  }

  static Expectation directory() {
    return new Expectation(
        "a directory that can be written to, or the name of a new one in such a directory",
        value -> {
          try {
            return isWritableDirectory(Path.of(value).toAbsolutePath().normalize());
          } catch (InvalidPathException e) {
            return false;
          }
        });
  }

  // Nothing is created here: a start that ends because of another key leaves no trace.
  private static boolean isWritableDirectory(Path path) {
    Path existing = path;
    while (!Files.exists(existing)) {
      Path parent = existing.getParent();
      if (parent == null) {
        return false;
      }
      existing = parent;
    }
    return Files.isDirectory(existing) && Files.isWritable(existing);
  }
}
