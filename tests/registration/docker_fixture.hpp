#pragma once

#include "registration/fake_engine.hpp"
#include "registration/register_fixture.hpp"

namespace hitless::registration {

using test::FakeEngine;

/// hitless-register --docker on a faked engine and a real etcd.
class DockerTest : public RegisterTest {
  protected:
    Process start_docker(std::vector<std::string> flags = {}) {
        std::vector<std::string> all{"--docker", "--docker-socket", socket_, "--ttl",
                                     "5",        "--interface",     "lo"};
        all.insert(all.end(), flags.begin(), flags.end());
        return start(std::move(all));
    }
    static FakeEngine::Container web(const std::string& name = "web") {
        FakeEngine::Container container;
        container.name = name;
        container.labels = {{"hitless.key", "/app/"}, {"hitless.port", "80"}};
        container.networks = {{"front", "10.0.0.7"}};
        return container;
    }
    /// Two that ask for the key /app/web.
    static std::pair<FakeEngine::Container, FakeEngine::Container> two_for_one_key() {
        auto first = web("one");
        first.labels["hitless.key"] = "/app/web";
        auto second = first;
        second.name = "two";
        second.networks["front"] = "10.0.0.8";
        return {first, second};
    }
    void run(const std::string& id, FakeEngine::Container container) {
        engine_.put(id, std::move(container));
        engine_.tell(id, "start");
    }
    [[nodiscard]] bool wait_follower() const {
        return wait_until([&] { return engine_.followers() == 1; });
    }
    [[nodiscard]] bool wait_web() const { return keys_.wait_value("/app/web", "10.0.0.7:80"); }
    [[nodiscard]] bool wait_gone() const { return keys_.wait_value("/app/web", std::nullopt); }
    /// Waits until the note has the key: it gets it after etcd.
    [[nodiscard]] static bool wait_noted(const std::string& note, const std::string& key) {
        return wait_until(
            [&] { return read_text(note).find("\"key\":\"" + key + "\"") != std::string::npos; });
    }
    /// Waits until an answer about the container, that was asked for from now on, was dealt with:
    /// the engine was asked about another one after it.
    void let_look() {
        const std::string path = "/containers/json";
        const unsigned before = engine_.asked(path);
        EXPECT_TRUE(wait_until([&] { return engine_.asked(path) > before + 1; }));
    }

    std::string socket_ = directory_ / "engine";
    FakeEngine engine_{socket_};
};

} // namespace hitless::registration
