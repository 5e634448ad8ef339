package org.tokenbroker.caller;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An internal service, as stored. */
@Entity
@Table(name = "caller")
@SuppressWarnings(
    "NullAway.Init") // filled by the repository before it is persisted, or by Hibernate
class Caller {

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "caller_seq")
  @SequenceGenerator(name = "caller_seq", sequenceName = "caller_seq", allocationSize = 1)
  @Nullable Long id;

  @Column(nullable = false, updatable = false)
  String name;

  @Nullable String issuer;

  @Nullable String subject;

  @Column(name = "certificate_subject")
  @Nullable String certificateSubject;

  @Column(name = "all_agencies", nullable = false)
  boolean allAgencies;

  /** By slug: an agency may be granted before it exists. */
  @ElementCollection(fetch = FetchType.LAZY)
  @CollectionTable(name = "caller_agency", joinColumns = @JoinColumn(name = "caller_id"))
  @Column(name = "agency_slug", nullable = false)
  Set<String> agencies = new HashSet<>();

  @Column(name = "created_at", nullable = false, insertable = false, updatable = false)
  Instant createdAt;
}
