package org.tokenbroker.onboarding;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Who runs this broker, as officers of agencies are told. */
@Singleton
public class Organisation {

  private final Optional<String> name;

  @Inject
  Organisation(@ConfigProperty(name = "broker.organisation") Optional<String> name) {
    this.name = name;
  }

  /** Whether its name is configured. */
  public boolean isNamed() {
    return name.isPresent();
  }

  /** Its name within a sentence; where none is configured, what the officer knows it by. */
  public String name() {
    return name.orElse("the company that sent you the link");
  }

  /** The same at the beginning of a sentence. */
  public String nameAtBeginning() {
    return name.orElse("The company that sent you the link");
  }
}
