package org.tokenbroker.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * An agency that can be chosen on the consent page.
 *
 * @param id Active911's id of it, not empty
 * @param name its name, any text
 */
public record SimulatedAgency(String id, String name) {

  private static final String[] PLACES = {
    "Springfield", "Shelbyville", "Ogdenville", "Brockway", "Haverbrook", "Cypress Creek"
  };
  private static final String[] SERVICES = {"Fire", "Rescue", "Ambulance", "Search and Rescue"};
  private static final int FIRST_ID = 123;

  public SimulatedAgency {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("an agency has an id");
    }
  }

  /** The three agencies there are unless told otherwise: {@code 123}, {@code 124}, {@code 125}. */
  static List<SimulatedAgency> three() {
    return List.of(
        new SimulatedAgency("123", "Springfield Fire"),
        new SimulatedAgency("124", "Shelbyville Rescue"),
        new SimulatedAgency("125", "Ogdenville Ambulance"));
  }

  /**
   * As many agencies as wanted, with ids from {@code 123} on; the first three are the usual ones.
   */
  static List<SimulatedAgency> generated(int count) {
    List<SimulatedAgency> agencies = new ArrayList<>(three().subList(0, Math.min(count, 3)));
    for (int i = agencies.size(); i < count; i++) {
      String name = PLACES[i % PLACES.length] + " " + SERVICES[i / PLACES.length % SERVICES.length];
      agencies.add(new SimulatedAgency(Integer.toString(FIRST_ID + i), name + " " + (i + 1)));
    }
    return agencies;
  }
}
