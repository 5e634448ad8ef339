package org.tokenbroker.console;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tokenbroker.oauth.Scope;

/**
 * One scope token in words, with what is the case for it on the page.
 *
 * @param token as Active911 names it
 * @param sentence what it allows
 * @param ticked whether it is asked for
 * @param granted whether the agency's consent holds it
 */
record Permission(String token, String sentence, boolean ticked, boolean granted) {

  private static final Map<String, String> KNOWN = new LinkedHashMap<>();

  static {
    KNOWN.put(Scope.READ_AGENCY, "See which agency it is, with its address and its devices.");
    KNOWN.put("read_alert", "Read the agency's alerts.");
    KNOWN.put("read_response", "Read who responds to an alert, and how.");
    KNOWN.put("read_device", "Read the devices of the agency's members.");
    KNOWN.put("read_mapdata", "Read what the agency has put on its map.");
    KNOWN.put("write_mapdata", "Add to the agency's map, change it and delete from it.");
  }

  /** Whether it cannot be left out. */
  public boolean fixed() {
    return token.equals(Scope.READ_AGENCY);
  }

  /** All known ones, and behind them the asked-for and granted ones that are not known here. */
  static List<Permission> all(Set<String> asked, Set<String> granted) {
    Map<String, String> sentences = new LinkedHashMap<>(KNOWN);
    asked.forEach(token -> sentences.putIfAbsent(token, "Not described here."));
    granted.forEach(token -> sentences.putIfAbsent(token, "Not described here."));
    List<Permission> all = new ArrayList<>(sentences.size());
    sentences.forEach(
        (token, sentence) ->
            all.add(
                new Permission(token, sentence, asked.contains(token), granted.contains(token))));
    return all;
  }
}
