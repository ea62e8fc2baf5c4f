#pragma once

#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/runtime_client.hpp"
#include "hitless/plan/plan.hpp"

#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"
#include "support/wait_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace hitless::plan {

/// A HAProxy with one backend, and what we know of it.
class Live {
  public:
    /// `backend`: the lines of its backend `app`; or, from "defaults" on, all that comes after the
    /// global section.
    explicit Live(std::string_view backend)
        : config_(parse(backend)),
          haproxy_(config_.text()),
          client_(context_.get_executor(), haproxy_.socket()) {
        info_ = haproxy::parse_info(run({"show info"})[0]).value();
        info_.server_keywords = haproxy::parse_server_keywords(run({"add server help"})[0]);
        read();
        adopt_options(running_, config_);
    }

    /// Wants another backend from now on.
    void want(std::string_view backend) { config_ = parse(backend); }

    Plan plan() {
        return make_plan({config_, running_, info_, names_, start_down, slots}, every());
    }

    /// Carries one plan out, and checks that HAProxy says yes to all of it and has the effect.
    Plan step() {
        Plan plan = this->plan();
        for (const Step& step : plan.steps) {
            const auto answers = run(step.commands);
            for (std::size_t i = 0; i < answers.size(); ++i)
                EXPECT_EQ(haproxy::command::refusal(step.commands[i], answers[i]), std::nullopt)
                    << step.commands[i].line;
            running_[step.object.scope][step.object.name] = step.server().after;
        }
        // Newer versions change an address a moment after they have said so.
        EXPECT_TRUE(test::wait_until([&] {
            read();
            return std::ranges::all_of(plan.steps, [&](const Step& step) {
                return effect(step) == seen(step.server().after, step);
            });
        }));
        for (const Step& step : plan.steps)
            EXPECT_EQ(effect(step), seen(step.server().after, step)) << step.object.name;
        return plan;
    }

    /// Deletes what leaves, when its connections have ended.
    void delete_leaving() {
        const haproxy::RunningBackend known = running_["app"];
        for (const auto& [name, server] : known) {
            if (!server.leaving || !haproxy::can_delete(info_, server.of_file))
                continue;
            const std::string command = haproxy::command::del_server("app", name);
            EXPECT_TRUE(test::wait_until([&] {
                return !haproxy::command::refusal(command, run({haproxy::Command(command)})[0]);
            })) << run({haproxy::Command(command)})[0];
        }
        read();
    }

    void read() {
        haproxy::Running now = haproxy::parse_servers_state(run({"show servers state"})[0]).value();
        haproxy::keep_knowledge(now, running_);
        running_ = std::move(now);
    }

    std::vector<std::string> run(std::vector<haproxy::Command> commands) {
        auto answers = boost::asio::co_spawn(context_, client_.run(std::move(commands)),
                                             boost::asio::use_future);
        context_.restart();
        context_.run();
        return answers.get().value();
    }

    [[nodiscard]] test::HttpAnswer get() const {
        return test::http("GET", fmt::format("http://127.0.0.1:{}/", port_));
    }

    [[nodiscard]] const haproxy::RunningBackend& servers() const { return running_.at("app"); }
    [[nodiscard]] const haproxy::Info& info() const { return info_; }

    bool start_down = false;
    bool slots = false;

  private:
    std::vector<ServerId> every() { return every_server(config_, running_); }

    [[nodiscard]] haproxy::Config parse(std::string_view backend) const {
        std::string text =
            "global\n stats socket @DIR@/admin.sock level admin expose-fd listeners\n";
        if (!backend.starts_with("defaults"))
            text += fmt::format("defaults\n mode http\n timeout connect 2s\n timeout client 5s\n"
                                " timeout server 5s\n option redispatch\n"
                                "frontend f\n bind 127.0.0.1:{}\n default_backend app\n"
                                "backend app\n",
                                port_);
        return haproxy::Config::parse(text.append(backend)).value();
    }

    /// What an step is about, of a server. A check runs at its own time, so whether such a server
    /// is up can't be foretold.
    static std::string seen(const haproxy::RunningServer& server, const Step& step) {
        const auto wanted = haproxy::parse_address(step.server().after.address_text);
        const bool known = !wanted || wanted->kind != haproxy::Address::Kind::other;
        const unsigned checks = server.check_state | server.agent_state;
        return fmt::format("{} weight {} of {} admin {:#x} {} check {} agent {}",
                           known ? fmt::format("{}:{}", server.address, server.port) : "",
                           server.weight, server.initial_weight,
                           server.admin_state & ~haproxy::RunningServer::maintenance_of_file,
                           (checks & haproxy::RunningServer::check_enabled) != 0
                               ? "as its check says"
                           : server.operational != 0 ? "up"
                                                     : "down",
                           server.check_state & 6, server.agent_state & 6);
    }

    [[nodiscard]] std::string effect(const Step& step) const {
        const auto* const now = haproxy::find_server(running_, step.object.scope, step.object.name);
        return now == nullptr ? "no such server" : seen(*now, step);
    }

    const std::uint16_t port_ = test::free_port();
    haproxy::Config config_;
    test::HaproxyServer haproxy_;
    boost::asio::io_context context_;
    haproxy::RuntimeClient client_;
    haproxy::Info info_;
    haproxy::Running running_;
    Names names_ = {{"web.example", {"127.0.0.1"}}};
};

} // namespace hitless::plan
