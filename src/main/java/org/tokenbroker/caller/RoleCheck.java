package org.tokenbroker.caller;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * Refuses what the admin's role does not allow. Behind the check of the parameters, because the
 * contract has 400 before 403.
 */
@Interceptor
@RequiresRole(Role.ADMIN)
@Priority(RoleCheck.BEHIND_VALIDATION)
class RoleCheck {

  static final int BEHIND_VALIDATION = Interceptor.Priority.PLATFORM_AFTER + 900;

  private final CurrentVertxRequest request;
  private final AuditLog audit;

  RoleCheck(CurrentVertxRequest request, AuditLog audit) {
    this.request = request;
    this.audit = audit;
  }

  @AroundInvoke
  @Nullable Object check(InvocationContext call) throws Exception {
    RequiresRole needed = call.getInterceptorBinding(RequiresRole.class);
    Admin admin = Admin.of(request.getCurrent());
    if (needed == null || !admin.role().includes(needed.value())) {
      audit.forbidden(Actor.admin(admin.name()), null);
      throw Problem.of(
              ProblemType.FORBIDDEN,
              "Your role here is "
                  + admin.role().word()
                  + (needed == null ? "." : "; this needs " + needed.value().word() + "."))
          .toException();
    }
    return call.proceed();
  }
}
