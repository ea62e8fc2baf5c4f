#include "hitless/registration/registration.hpp"

#include "base/run_to_end.hpp"
#include "base/spawn.hpp"
#include "registration/docker/host.hpp"
#include "registration/once.hpp"
#include "registration/supervisor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <sys/resource.h>
#include <utility>

namespace hitless::registration {
namespace {

namespace asio = boost::asio;

/// Runs a Supervisor, or a Host, in an event loop of its own.
template <class Runner>
int run_to_its_end(const Options& options) {
    ::signal(SIGPIPE, SIG_IGN); // a log that nobody reads is no reason to end
    auto context = std::make_unique<asio::io_context>(1);
    auto runner = std::make_unique<Runner>(context->get_executor(), options);
    int code = failed;
    std::exception_ptr thrown;
    asio::co_spawn(*context, runner->run(), [&](std::exception_ptr exception, int result) {
        thrown = std::move(exception);
        code = result;
        context->stop();
    });
    const auto leave_all = [&] {
        static_cast<void>(runner.release());
        static_cast<void>(context.release());
    };
    try {
        context->run();
    } catch (...) {
        leave_all(); // what is suspended can't be unwound in order
        throw;
    }
    if (!runner->is_over()) {
        // A name that is looked up can't be waited for, perhaps for minutes: the process ends now.
        leave_all();
    } else {
        context->restart();
        context->run(); // the cancelled wait for signals
    }
    base::rethrow(thrown);
    return code;
}

/// Each container's key has a connection to etcd of its own; the usual soft limit is 1,024.
void allow_many_files() {
    constexpr rlim_t enough = 65'536;
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= enough)
        return;
    limit.rlim_cur = std::min(limit.rlim_max, enough);
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit)); // more is never needed for few
}

} // namespace

int run(const Options& options) {
    if (options.once)
        return base::run_to_end(register_once(options));
    if (options.deregister)
        return base::run_to_end(deregister(options));
    if (options.docker.on) {
        allow_many_files();
        return run_to_its_end<docker::Host>(options);
    }
    return run_to_its_end<Supervisor>(options);
}

} // namespace hitless::registration
