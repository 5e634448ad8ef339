package org.tokenbroker.simulator;

import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One way in which Active911 differs from its usual self. Faults of different types work together;
 * of one type the rule that fits best counts (see {@link FaultRule}).
 */
public sealed interface Fault {

  /** Before or after the simulator decided the answer, and changed what it knows. */
  enum Moment {
    /** Nothing has happened yet: a refresh token that was presented is as good as before. */
    BEFORE,
    /** All has happened: a refresh token may be dead and its successor lost on the way. */
    AFTER
  }

  /** How a number is written. */
  enum Notation {
    /** As a JSON number. */
    NUMBER,
    /** As JSON text. */
    TEXT,
    /** Absolute times only: a number of milliseconds. */
    MILLISECONDS,
    /** Not at all. */
    MISSING
  }

  /** What an error answer looks like. */
  enum Body {
    /** The JSON of RFC 6749 §5.2, labelled as such. */
    OAUTH,
    /** The same JSON, labelled {@code text/html}. */
    OAUTH_AS_HTML,
    /** An HTML page. */
    HTML,
    /** Nothing. */
    EMPTY,
    /** The JSON, with bytes in it that are not UTF-8. */
    INVALID_UTF8,
    /** The JSON, 10 MB long. */
    HUGE
  }

  /**
   * What a refresh does to the presented token. Counts for personal grants only where a rule names
   * their calls; otherwise these do not rotate, as documented.
   *
   * @param grace how long a replaced token works on; for {@link Rotation#NEW_WITH_GRACE}
   */
  record RotationMode(Rotation rotation, Duration grace) implements Fault {}

  /**
   * How long a new access token lives.
   *
   * @param seconds any number that keeps the end between 1970 and 2106
   */
  record Lifetime(long seconds) implements Fault {}

  /** How {@code expires_in} is written. */
  record ExpiresIn(Notation notation) implements Fault {
    public ExpiresIn {
      if (notation == Notation.MILLISECONDS) {
        throw new IllegalArgumentException("expires_in counts seconds");
      }
    }
  }

  /** How the {@code expiration} of personal grants is written. */
  record Expiration(Notation notation) implements Fault {}

  /** Grants at most these scopes. */
  record GrantedScope(Set<String> scopes) implements Fault {
    public GrantedScope {
      if (!SimulatorOptions.ALL_SCOPES.containsAll(scopes)) {
        throw new IllegalArgumentException("not one of Active911's scopes among " + scopes);
      }
    }
  }

  /** Leaves the refresh token out of the answer, also where a new one was made. */
  record NoRefreshToken() implements Fault {}

  /**
   * Makes tokens of this length.
   *
   * @param characters from 40 on
   */
  record TokenLength(int characters) implements Fault {
    public TokenLength {
      if (characters < TokenMint.TOKEN_LENGTH || characters > 1 << 20) {
        throw new IllegalArgumentException("a token has 40 characters or more, at most a million");
      }
    }
  }

  /** Waits, for a time drawn between two limits. */
  record Latency(Duration least, Duration most, Moment moment) implements Fault {
    public Latency {
      if (least.isNegative() || most.compareTo(least) < 0) {
        throw new IllegalArgumentException(
            "a latency is not negative, and its limits are in order");
      }
    }
  }

  /**
   * Answers an error instead.
   *
   * @param status the HTTP status
   * @param error the OAuth error code
   * @param body what it looks like
   * @param retryAfter after how long to come back; null: it does not say
   * @param retryAfterAsDate whether {@code Retry-After} is a date instead of seconds
   */
  record ErrorAnswer(
      int status,
      String error,
      Body body,
      @Nullable Duration retryAfter,
      boolean retryAfterAsDate,
      Moment moment)
      implements Fault {
    public ErrorAnswer {
      if (status < 200 || status > 599) {
        throw new IllegalArgumentException("a status is from 200 to 599");
      }
    }
  }

  /** Sends the client elsewhere. */
  record Redirect(int status, URI location) implements Fault {
    public Redirect {
      if (status < 300 || status > 399) {
        throw new IllegalArgumentException("a redirect has a status from 300 to 399");
      }
    }
  }

  /** Resets the connection (TCP RST) in place of an answer. */
  record Reset(Moment moment) implements Fault {}

  /**
   * Ends the connection in the middle of the body.
   *
   * @param bytes how much of the body is sent, at most all but one byte; null: half
   */
  record CutBody(@Nullable Integer bytes) implements Fault {}

  /** Sends the body byte by byte, with this time between two. */
  record Drip(Duration interval) implements Fault {
    public Drip {
      if (interval.toMillis() < 1) {
        throw new IllegalArgumentException("between two bytes is a millisecond or more");
      }
    }
  }

  /** Never answers; the connection stays open. */
  record Silence(Moment moment) implements Fault {}

  /** The API says {@code "result":"error"}, with status 200. */
  record ApiError() implements Fault {}

  /** The API writes ids as numbers. */
  record NumericIds() implements Fault {}

  /** The API names another agency than the consent is for. */
  record OtherAgency(String agencyId) implements Fault {}

  /** The API lists so many devices. */
  record Devices(int count) implements Fault {
    public Devices {
      if (count < 0 || count > 100_000) {
        throw new IllegalArgumentException("an agency has from none to 100,000 devices");
      }
    }
  }

  /** The calls that a rule is for which names none. */
  default Set<CallKind> usualCalls() {
    return switch (this) {
      case RotationMode _ -> EnumSet.of(CallKind.REFRESH);
      case ApiError _, NumericIds _, OtherAgency _, Devices _ -> EnumSet.of(CallKind.API);
      case GrantedScope _ -> EnumSet.of(CallKind.EXCHANGE, CallKind.REFRESH);
      case Expiration _ -> EnumSet.of(CallKind.PERSONAL_REFRESH);
      case Lifetime _,
          ExpiresIn _,
          NoRefreshToken _,
          TokenLength _,
          Latency _,
          ErrorAnswer _,
          Redirect _,
          Reset _,
          CutBody _,
          Drip _,
          Silence _ ->
          CallKind.AT_TOKEN_ENDPOINTS;
    };
  }
}
