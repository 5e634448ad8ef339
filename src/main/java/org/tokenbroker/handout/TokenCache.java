package org.tokenbroker.handout;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;
import org.tokenbroker.agency.TokenRenewed;

/**
 * Every agency's state and token in memory, used or not, so that a read needs nothing else. Filled
 * at the start; an agency is read anew after each change to it.
 */
@Singleton
class TokenCache {

  private static final Logger LOG = Logger.getLogger(TokenCache.class);

  /** After a long time without the database everything may have changed: not all of it at once. */
  private static final int BATCH = 1000;

  private final Grants grants;
  private final int limit;
  private final Cache<String, Handout> handouts;

  TokenCache(
      Grants grants,
      @ConfigProperty(name = "broker.cache-max", defaultValue = "200000") int limit) {
    this.grants = grants;
    this.limit = limit;
    this.handouts = Caffeine.newBuilder().maximumSize(limit).build();
  }

  /** Reads every agency. */
  void fill() {
    Grants.Read read =
        grants.forEachHandoutState(limit, state -> handouts.put(state.slug(), Handout.of(state)));
    if (read.readable() == 0 && read.undecipherable() > 0) {
      throw new IllegalStateException(
          "BROKER_ENCRYPTION_KEYSET decrypts none of the stored tokens: it is another database's");
    }
    LOG.infof("%d agencies in memory, %d with a token", handouts.estimatedSize(), read.readable());
  }

  void changed(@Observes(during = TransactionPhase.AFTER_SUCCESS) AgencyChanged event) {
    try {
      load(event.slug());
    } catch (DatabaseUnavailableException e) {
      LOG.warnf("Agency %s has changed, but cannot be read now", event.slug());
    }
  }

  /** Takes a new token over without asking the database, which may not hold it yet. */
  void renewed(@Observes TokenRenewed event) {
    handouts
        .asMap()
        .computeIfPresent(
            event.slug(),
            (slug, before) ->
                before.state().agencyId() == event.agencyId()
                        && before.generation() < event.token().generation()
                    ? Handout.of(before.state().with(event.token()))
                    : before);
  }

  /** What memory holds of an agency; does not block. Null: nothing. */
  @Nullable Handout get(String slug) {
    return handouts.getIfPresent(slug);
  }

  /** All that memory holds, in no order. */
  void forEach(Consumer<Handout> action) {
    handouts.asMap().values().forEach(action);
  }

  /**
   * Reads an agency from the database. Blocks.
   *
   * @return null if there is no such agency
   */
  @Nullable Handout load(String slug) {
    HandoutState read = grants.handoutState(slug).orElse(null);
    return update(slug, read);
  }

  /** Reads some agencies from the database, many in one statement. Blocks. */
  void load(List<String> slugs) {
    for (int from = 0; from < slugs.size(); from += BATCH) {
      loadBatch(slugs.subList(from, Math.min(from + BATCH, slugs.size())));
    }
  }

  private void loadBatch(List<String> slugs) {
    Set<String> missing = new HashSet<>(slugs);
    grants.forEachHandoutState(
        slugs,
        read -> {
          missing.remove(read.slug());
          update(read.slug(), read);
        });
    for (String slug : missing) {
      try {
        load(slug);
      } catch (UndecipherableException e) {
        // Logged above; it must not keep the changes of all others from being seen.
        LOG.debugf("Agency %s stays in memory as it was", slug);
      }
    }
  }

  /** Takes over what was read, unless something newer was taken over since. */
  private @Nullable Handout update(String slug, @Nullable HandoutState read) {
    return handouts
        .asMap()
        .compute(
            slug,
            (key, before) -> {
              if (read == null || before == null) {
                return read == null ? null : Handout.of(read);
              }
              HandoutState after = before.state().updatedBy(read);
              return after.equals(before.state()) ? before : Handout.of(after);
            });
  }
}
