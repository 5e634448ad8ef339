package org.tokenbroker.agency;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The settings of an agency; its consent, if it has one, is its {@link Grant}. */
@Entity
@Table(name = "agency")
@SuppressWarnings(
    "NullAway.Init") // filled by the repository before it is persisted, or by Hibernate
class Agency {

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "agency_seq")
  @SequenceGenerator(name = "agency_seq", sequenceName = "agency_seq", allocationSize = 1)
  @Nullable Long id;

  @Column(nullable = false, updatable = false)
  String slug;

  @Column(nullable = false)
  String name;

  @Column(name = "scope_requested", nullable = false)
  String scopeRequested;

  @Column(name = "expected_active911_id")
  @Nullable String expectedActive911Id;

  @Column(name = "contact")
  @Nullable String contact;

  @Column(nullable = false)
  boolean paused;

  @Column(name = "created_at", nullable = false, insertable = false, updatable = false)
  Instant createdAt;

  /** The row's id; valid once the agency is persisted. */
  long id() {
    if (id == null) {
      throw new IllegalStateException("not persisted yet");
    }
    return id;
  }
}
