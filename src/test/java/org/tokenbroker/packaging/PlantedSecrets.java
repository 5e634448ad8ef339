package org.tokenbroker.packaging;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.tokenbroker.oauth.Secret;

/**
 * Secrets that were given to the broker or came from it, and their search: as they are, in base64
 * at any place of a longer text, and in hexadecimal. Names them, and never quotes one.
 */
@NullMarked
final class PlantedSecrets {

  /** What is shorter turns up by chance. */
  static final int LEAST_LENGTH = 16;

  private final Map<String, String> nameOf = new LinkedHashMap<>();

  /** Remembers a secret; returns it. */
  synchronized String plant(String name, String secret) {
    if (secret.length() < LEAST_LENGTH) {
      throw new IllegalArgumentException(name + " is too short to be told from other text");
    }
    nameOf.putIfAbsent(secret, name);
    return secret;
  }

  /** The names of the secrets that stand in a text, but for those that may stand there. */
  synchronized Collection<String> foundIn(String text, Collection<String> sanctioned) {
    Collection<String> found = new TreeSet<>();
    nameOf.forEach(
        (secret, name) -> {
          if (!sanctioned.contains(secret) && forms(secret).stream().anyMatch(text::contains)) {
            found.add(name);
          }
        });
    return found;
  }

  synchronized int count() {
    return nameOf.size();
  }

  private static List<String> forms(String secret) {
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    List<String> forms = new ArrayList<>(List.of(secret));
    String hex = HexFormat.of().formatHex(bytes);
    forms.add(hex);
    forms.add(HexFormat.of().withUpperCase().formatHex(bytes));
    for (int shift = 0; shift < 3; shift++) {
      // What stands in front shifts the letters; the first and last ones depend on the neighbours.
      byte[] shifted = new byte[shift + bytes.length];
      System.arraycopy(bytes, 0, shifted, shift, bytes.length);
      byte[] whole = Arrays.copyOf(shifted, shifted.length - shifted.length % 3);
      String plain = Base64.getEncoder().encodeToString(whole).substring(shift == 0 ? 0 : 4);
      forms.add(plain);
      forms.add(plain.replace('+', '-').replace('/', '_'));
    }
    return forms;
  }

  /** Whether the search finds what it is for: a test of the test. */
  static void provesItself() {
    PlantedSecrets planted = new PlantedSecrets();
    String secret = planted.plant("one", "0123456789-abcdef-ghijk");
    byte[] around = ("a" + secret + "bc").getBytes(StandardCharsets.UTF_8);
    for (String text :
        List.of(
            "x" + secret + "y",
            Base64.getEncoder().encodeToString(around),
            Base64.getUrlEncoder().encodeToString(("ab" + secret).getBytes(StandardCharsets.UTF_8)),
            HexFormat.of().formatHex(around))) {
      if (planted.foundIn(text, List.of()).isEmpty()) {
        throw new AssertionError("the search does not find a secret in " + text);
      }
    }
    String hash = HexFormat.of().formatHex(Secret.of(secret).sha256());
    if (!planted.foundIn(hash, List.of()).isEmpty()) {
      throw new AssertionError("a hash is no secret");
    }
  }
}
