// Says what a change of keys would do to HAProxy, and changes nothing:
//
//     dry-run TEMPLATE KEYS-BEFORE KEYS-AFTER [SOCKET]
//
// TEMPLATE is one of confd, KEYS are YAML or JSON files. With SOCKET, the stats socket of the
// HAProxy that runs with the configuration before, it also prints what would bring that HAProxy to
// the configuration after. docs/library.md explains it.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <exception>
#include <hitless/base/file.hpp>
#include <hitless/confd/renderer.hpp>
#include <hitless/haproxy/config.hpp>
#include <hitless/haproxy/running.hpp>
#include <hitless/haproxy/runtime_client.hpp>
#include <hitless/keys/keys_file.hpp>
#include <hitless/live/kind.hpp>
#include <hitless/plan/plan.hpp>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace hitless;

/// What the template makes of the keys in a file.
haproxy::Config render(const std::string& template_file, const std::string& keys_file) {
    const auto renderer = confd::Renderer::load(template_file).value();
    const std::string text = base::read_file(keys_file).value();
    for (const keys::Entry& entry : keys::parse_keys(text, keys_file).value())
        renderer->tree().apply({keys::Event::Kind::put, entry.key, entry.value});
    return haproxy::Config::parse(renderer->render().value()).value();
}

/// The answer of HAProxy to one command.
std::string ask(const std::string& socket, const haproxy::Command& command) {
    boost::asio::io_context context;
    auto answer = boost::asio::co_spawn(
        context, haproxy::ask_once(socket, {command}, std::chrono::seconds(5)),
        boost::asio::use_future);
    context.run();
    return answer.get().value();
}

/// What HAProxy has, of each kind of objects that commands can change.
live::Observed observe(const std::string& socket) {
    live::Observed observed;
    for (const live::Kind* const kind : live::kinds()) {
        std::vector<std::string> answers;
        auto questions = kind->questions({});
        while (!questions.empty()) {
            for (const haproxy::Command& question : questions)
                answers.push_back(ask(socket, question));
            questions = kind->take({}, answers, observed).value();
        }
    }
    return observed;
}

plan::Plan make_plan(const std::string& socket, const haproxy::Config& before,
                     const haproxy::Config& after) {
    haproxy::Info info = haproxy::parse_info(ask(socket, "show info")).value();
    info.server_keywords = haproxy::parse_server_keywords(ask(socket, "add server help"));
    live::Observed observed = observe(socket);
    // HAProxy doesn't tell the options of its servers; the file that it was started from does.
    live::adopt(before, {}, observed);
    const plan::Names names; // host names → addresses; the keys of this example hold addresses
    return live::make_plan({before, after, {}, observed, info, names},
                           live::all_objects(after, {}, observed));
}

int run(const std::string& template_file, const std::string& before_file,
        const std::string& after_file, const std::string& socket) {
    const haproxy::Config before = render(template_file, before_file);
    const haproxy::Config after = render(template_file, after_file);

    const live::Changes changes = live::compare(before, after);
    for (const plan::ObjectId& object : changes.objects)
        std::cout << "differs: " << to_string(object.kind) << ' ' << to_string(object) << '\n';
    // No plan has the other lines: it is about objects that commands can change.
    plan::Obstacles obstacles;
    obstacles.add(changes.lines);
    for (const std::string& line : in_words(obstacles))
        std::cout << "differs: " << line << '\n';

    if (!socket.empty()) {
        const plan::Plan plan = make_plan(socket, before, after);
        for (const plan::Step& step : plan.steps) {
            for (const haproxy::Command& command : step.commands)
                std::cout << "command: " << command.line << '\n';
        }
        for (const std::string& reason : in_words(plan.obstacles))
            std::cout << "reload: " << reason << '\n';
        for (const std::string& problem : in_words(plan.problems))
            std::cout << "problem: " << problem << '\n';
        obstacles.add(plan.obstacles);
    }
    std::cout << (!obstacles.empty() ? "HAProxy must be reloaded\n" : "no reload\n");
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 4 && count != 5) {
        std::cerr << "usage: dry-run TEMPLATE KEYS-BEFORE KEYS-AFTER [SOCKET]\n";
        return 2;
    }
    try {
        return run(arguments[1], arguments[2], arguments[3], count == 5 ? arguments[4] : "");
    } catch (const std::exception& error) {
        std::cerr << "dry-run: " << error.what() << '\n';
        return 1;
    }
}
