package org.tokenbroker.refresh;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Set;
import java.util.stream.Collectors;
import org.tokenbroker.agency.TokenCipher;

/** What stands in the journal of another process. */
public final class JournaledAgencies {

  private JournaledAgencies() {}

  /**
   * The ids of the agencies of which an answer stands in a journal.
   *
   * @param directory where the journal is, if it is there yet
   * @param keyset with which it is encrypted
   */
  public static Set<Long> in(Path directory, String keyset) {
    return new Journal(directory, new TokenCipher(keyset), new SecureRandom())
        .entries().stream().map(entry -> entry.answer().agencyId()).collect(Collectors.toSet());
  }
}
