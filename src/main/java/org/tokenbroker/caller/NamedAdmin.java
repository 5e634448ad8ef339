package org.tokenbroker.caller;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An admin beside the one of the configuration, as stored. */
@Entity
@Table(name = "admin")
@SuppressWarnings("NullAway.Init") // filled by Hibernate
class NamedAdmin {

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "admin_seq")
  @SequenceGenerator(name = "admin_seq", sequenceName = "admin_seq", allocationSize = 1)
  @Nullable Long id;

  @Column(nullable = false, updatable = false)
  String name;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false)
  Role role;

  @Column(name = "created_at", nullable = false, insertable = false, updatable = false)
  Instant createdAt;

  long id() {
    if (id == null) {
      throw new IllegalStateException("not persisted yet");
    }
    return id;
  }

  Admin toAdmin() {
    return new Admin(name, role);
  }
}
