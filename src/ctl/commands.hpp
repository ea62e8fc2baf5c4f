#pragma once

#include "hitless/base/flags.hpp"

#include "ctl/program.hpp"

#include <chrono>
#include <string>
#include <vector>

/// The commands, and the flags that several of them share.
namespace hitless::ctl {

std::vector<base::Flag> look_flags(Options& options);
std::vector<base::Flag> server_flags(Options& options);
std::vector<base::Flag> follow_flags(Options& options);
std::vector<base::Flag> raw_flags(Options& options);
std::vector<base::Flag> shell_flags(Options& options);

std::vector<base::Flag> change_flags(Options& options);
std::vector<base::Flag> hold_flags(Options& options);
std::vector<base::Flag> holds_flags(Options& options);
std::vector<base::Flag> del_flags(Options& options);
std::vector<base::Flag> diff_flags(Options& options);
std::vector<base::Flag> verify_flags(Options& options);
std::vector<base::Flag> explain_flags(Options& options);
std::vector<base::Flag> status_flags(Options& options);
std::vector<base::Flag> certs_flags(Options& options);

ExitCode show_info(Context& context);
ExitCode show_frontends(Context& context);
ExitCode show_backends(Context& context);
ExitCode show_servers(Context& context);
ExitCode show_sessions(Context& context);
ExitCode show_errors(Context& context);
ExitCode follow_events(Context& context);
ExitCode run_raw(Context& context);
ExitCode set_ready(Context& context);
ExitCode set_drain(Context& context);
ExitCode set_maint(Context& context);
ExitCode show_holds(Context& context);
ExitCode set_weight(Context& context);
ExitCode set_maxconn(Context& context);
ExitCode set_address(Context& context);
ExitCode add_server(Context& context);
ExitCode delete_servers(Context& context);
ExitCode show_difference(Context& context);
ExitCode verify(Context& context);
ExitCode explain(Context& context);
ExitCode show_map(Context& context);
ExitCode show_certs(Context& context);
ExitCode show_status(Context& context);
ExitCode show_capabilities(Context& context);
ExitCode show_top(Context& context);
ExitCode run_shell(Context& context);
ExitCode complete_words(Context& context);

/// Prints an answer of HAProxy; on a terminal nothing in it does harm.
void print_answer(Context& context, const std::string& answer);

/// The time that -watch has, in seconds, or else `otherwise`.
Result<std::chrono::milliseconds> watch_interval(const Context& context,
                                                 const std::string& otherwise = {});

/// Calls `once` again and again, as -watch says, on a cleared screen where it is one.
ExitCode repeat(Context& context, ExitCode (*once)(Context& context));

} // namespace hitless::ctl
