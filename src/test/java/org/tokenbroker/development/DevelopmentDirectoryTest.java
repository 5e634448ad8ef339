package org.tokenbroker.development;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullMarked
class DevelopmentDirectoryTest {

  @TempDir Path temp;

  @Test
  void theKeysOfTheFirstRunAreThoseOfTheNext() {
    DevelopmentDirectory first = new DevelopmentDirectory(temp.resolve(".dev"));
    String keys = first.adminKey() + first.keyset();

    DevelopmentDirectory next = new DevelopmentDirectory(temp.resolve(".dev"));

    assertEquals(keys, next.adminKey() + next.keyset());
  }

  @Test
  void twoCheckoutsHaveKeysOfTheirOwn() {
    DevelopmentDirectory one = new DevelopmentDirectory(temp.resolve("one"));
    DevelopmentDirectory other = new DevelopmentDirectory(temp.resolve("other"));

    assertNotEquals(one.adminKey(), other.adminKey());
  }

  @Test
  void theSampleCallersKeyIsKept() {
    DevelopmentDirectory directory = new DevelopmentDirectory(temp.resolve(".dev"));

    directory.keepSampleCallerKey("tbk_key");

    assertEquals(Optional.of("tbk_key"), directory.keptSampleCallerKey());
  }

  @Test
  void addressesAreReadFromTheirOwnText() {
    URI uri = URI.create("http://127.0.0.1:8911/x");
    Addresses addresses = new Addresses(5432, uri, uri, uri, uri, uri);

    assertEquals(addresses, Addresses.parse(addresses.toString()));
  }
}
