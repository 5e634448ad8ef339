package org.tokenbroker.platform;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Extensible;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.tokenbroker.problem.ProblemType;

/**
 * Completes the OpenAPI document: adds to each operation the problems that it can answer: those
 * that any operation can, and those that its {@code x-problems} names.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ApiDocumentCompletion implements OASFilter {

  private static final String NAMES = "x-problems";
  private static final String INSTANT = "#/components/schemas/Instant";
  private static final String REF = "#/components/schemas/Problem";

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document.getComponents().addSchema("Problem", problem()).addSchema("FieldError", fieldError());
    document
        .getComponents()
        .getSchemas()
        .values()
        .forEach(ApiDocumentCompletion::describeAsWritten);
    for (PathItem path : document.getPaths().getPathItems().values()) {
      for (Operation operation : path.getOperations().values()) {
        addProblems(operation);
      }
    }
  }

  /** Names and forms as the JSON has them, which the scanner of our types cannot know. */
  private static void describeAsWritten(Schema schema) {
    Map<String, Schema> properties = schema.getProperties();
    if (properties == null) {
      return;
    }
    Map<String, Schema> renamed = new LinkedHashMap<>();
    properties.forEach(
        (name, property) -> {
          List<Schema> alternatives = property.getAnyOf();
          if (alternatives != null
              && alternatives.stream().anyMatch(one -> INSTANT.equals(one.getRef()))) {
            property.setAnyOf(null);
            property.setFormat("date-time");
          }
          renamed.put(ProblemMapper.snakeCase(name), property);
        });
    schema.setProperties(renamed);
    if (schema.getRequired() != null) {
      schema.setRequired(schema.getRequired().stream().map(ProblemMapper::snakeCase).toList());
    }
  }

  private static void addProblems(Operation operation) {
    Map<Integer, List<ProblemType>> byStatus = new TreeMap<>();
    for (ProblemType type : problemsOf(operation)) {
      byStatus.computeIfAbsent(type.status(), status -> new ArrayList<>()).add(type);
    }
    byStatus.forEach(
        (status, types) ->
            operation.getResponses().addAPIResponse(Integer.toString(status), response(types)));
    withoutNames(operation);
    // The scanner repeats an operation's extensions on what else is declared for it.
    withoutNames(operation.getResponses());
    operation
        .getResponses()
        .getAPIResponses()
        .values()
        .forEach(ApiDocumentCompletion::withoutNames);
    if (operation.getRequestBody() != null) {
      withoutNames(operation.getRequestBody());
    }
    if (operation.getParameters() != null) {
      operation.getParameters().forEach(ApiDocumentCompletion::withoutNames);
    }
  }

  private static void withoutNames(Extensible<?> element) {
    Map<String, Object> extensions = element.getExtensions();
    if (extensions != null) {
      Map<String, Object> rest = new HashMap<>(extensions);
      rest.remove(NAMES);
      element.setExtensions(rest.isEmpty() ? null : rest);
    }
  }

  private static Set<ProblemType> problemsOf(Operation operation) {
    Set<ProblemType> types =
        EnumSet.of(
            ProblemType.UNAUTHENTICATED,
            ProblemType.FORBIDDEN,
            ProblemType.TOO_MANY_REQUESTS,
            ProblemType.INTERNAL_ERROR,
            ProblemType.DATABASE_UNAVAILABLE,
            ProblemType.ISSUER_UNAVAILABLE);
    boolean body = operation.getRequestBody() != null;
    if (body) {
      types.add(ProblemType.TOO_LARGE);
      types.add(ProblemType.UNSUPPORTED_MEDIA_TYPE);
    }
    if (body || (operation.getParameters() != null && !operation.getParameters().isEmpty())) {
      types.add(ProblemType.INVALID_REQUEST);
    }
    if (operation.getExtensions() != null
        && operation.getExtensions().get(NAMES) instanceof String names) {
      for (String name : names.split(" ", -1)) {
        types.add(ProblemType.valueOf(name));
      }
    }
    return types;
  }

  private static APIResponse response(List<ProblemType> types) {
    MediaType media = OASFactory.createMediaType().schema(OASFactory.createSchema().ref(REF));
    for (ProblemType type : types) {
      Map<String, Object> example = new LinkedHashMap<>();
      example.put("type", type.uri());
      example.put("title", type.title());
      example.put("status", type.status());
      media.addExample(
          type.uri().substring(type.uri().lastIndexOf(':') + 1),
          OASFactory.createExample().value(example));
    }
    Content content = OASFactory.createContent().addMediaType("application/problem+json", media);
    APIResponse response =
        OASFactory.createAPIResponse()
            .description(
                String.join("; ", types.stream().map(ProblemType::title).distinct().toList()))
            .content(content);
    for (ProblemType type : types) {
      switch (type) {
        case UNAUTHENTICATED -> response.addHeader("WWW-Authenticate", header("Bearer"));
        case TOO_MANY_REQUESTS, UPSTREAM_UNAVAILABLE, DATABASE_UNAVAILABLE, ISSUER_UNAVAILABLE ->
            response.addHeader("Retry-After", header("Seconds after which to try again"));
        default -> {}
      }
    }
    return response;
  }

  private static Header header(String description) {
    return OASFactory.createHeader().description(description).schema(string());
  }

  private static Schema string() {
    return OASFactory.createSchema().type(List.of(Schema.SchemaType.STRING));
  }

  private static Schema problem() {
    Schema type = string();
    for (ProblemType each : ProblemType.values()) {
      type.addEnumeration(each.uri());
    }
    return OASFactory.createSchema()
        .description("What went wrong (RFC 9457)")
        .type(List.of(Schema.SchemaType.OBJECT))
        .addRequired("type")
        .addRequired("title")
        .addRequired("status")
        .addRequired("detail")
        .addProperty("type", type)
        .addProperty("title", string())
        .addProperty("status", OASFactory.createSchema().type(List.of(Schema.SchemaType.INTEGER)))
        .addProperty("detail", string().description("What is wrong this time, and what to do"))
        .addProperty("agency", string().description("The agency it is about"))
        .addProperty(
            "candidate", string().description("With agency-mismatch: the id of what was kept"))
        .addProperty(
            "errors",
            OASFactory.createSchema()
                .type(List.of(Schema.SchemaType.ARRAY))
                .description("With invalid-request: each field that is wrong")
                .items(OASFactory.createSchema().ref("#/components/schemas/FieldError")));
  }

  private static Schema fieldError() {
    return OASFactory.createSchema()
        .type(List.of(Schema.SchemaType.OBJECT))
        .addRequired("field")
        .addRequired("message")
        .addProperty("field", string())
        .addProperty("message", string());
  }
}
