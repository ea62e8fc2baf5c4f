#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include "live/kinds.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

// Files with a certificate, its chain and its key: what HAProxy has of each, under the name that
// its configuration has for the file.
namespace hitless::live {
namespace {

using haproxy::Command;
namespace command = haproxy::command;

ObjectId object_of(const std::string& file) {
    return {ObjectId::Kind::certificate, file, {}};
}

bool is_same(const haproxy::ShownCertificate& one, const haproxy::ShownCertificate& other) {
    return one.fingerprint == other.fingerprint && one.chain == other.chain;
}

/// True where HAProxy has what is wanted, as far as it tells; what it doesn't tell is known of what
/// it was brought to.
bool has(Certificates::File& running, const File& file) {
    const SharedCertificate& wanted = file.certificate;
    if (running.known == nullptr) {
        if (file.is_in_doubt || !haproxy::may_be(running.shown, *wanted))
            return false;
        running.known = wanted;
        running.shown_as = running.shown;
        return true;
    }
    if (running.known->digest != wanted->digest)
        return false;
    return running.shown_as ? is_same(running.shown, *running.shown_as)
                            : running.shown.fingerprint == wanted->fingerprint;
}

/// "SHA-1 AA… → BB…, /CN=a.example, until 2026-12-01".
std::string change_in_words(const haproxy::ShownCertificate& before,
                            const haproxy::Certificate& after) {
    const std::string change =
        before.fingerprint == after.fingerprint
            ? fmt::format("SHA-1 {}, other chain or key", after.fingerprint)
            : fmt::format("SHA-1 {} → {}", before.fingerprint.empty() ? "none" : before.fingerprint,
                          after.fingerprint);
    return fmt::format("{}, {}, until {}", change, base::printable(after.of.subject, 80),
                       haproxy::day_of(after.not_after));
}

/// HAProxy takes one change at a time, so that each file is begun and ended by itself. What
/// somebody has begun and left is dropped, and so is what HAProxy doesn't commit: nobody could
/// change another certificate.
Result<std::vector<Command>> change_commands(const std::string& file,
                                             const haproxy::Certificate& wanted) {
    auto abort = command::abort_certificate(file);
    auto set = command::set_certificate(file, wanted);
    auto commit = command::commit_certificate(file);
    if (!abort || !set || !commit)
        return abort ? set ? commit.error() : set.error() : abort.error();
    return std::vector<Command>{*abort, std::move(*set), std::move(*commit), *abort};
}

class CertificatesKind final : public Kind {
  public:
    [[nodiscard]] ObjectId::Kind id() const override { return ObjectId::Kind::certificate; }

    /// A line that names a file needs a reload. What is in the file is no line of it.
    void claim(const haproxy::Config&, const haproxy::Config&, Changes&) const override {}

    [[nodiscard]] std::vector<ObjectId> all(const haproxy::Config& /*wanted*/, const Files& files,
                                            const Observed& /*observed*/) const override {
        std::vector<ObjectId> objects;
        for (const auto& [object, file] : files) {
            if (object.kind == id())
                objects.push_back(object);
        }
        return objects;
    }

    [[nodiscard]] std::vector<Command> questions(const Scopes& /*scopes*/) const override {
        return {"show ssl cert"};
    }

    Result<std::vector<Command>> take(const Scopes& scopes, std::span<const std::string> answers,
                                      Observed& observed) const override {
        using Commands = std::vector<Command>;
        Certificates& certificates = observed.certificates;
        if (command::refusal("show ssl cert", answers[0])) { // it was built without TLS
            certificates.running.clear();
            return Commands();
        }
        const haproxy::CertificateList list = haproxy::parse_certificate_list(answers[0]);
        std::vector<ObjectId> to_read;
        Commands commands;
        for (const std::string& file : list.files) {
            const ObjectId object = object_of(file);
            auto line = command::show_certificate(file);
            if (!line || !certificates.watched.contains(object) ||
                (!scopes.empty() && !scopes.contains(file)))
                continue;
            to_read.push_back(object);
            commands.emplace_back(std::move(*line));
        }
        if (answers.size() - 1 < to_read.size())
            return commands;
        std::map<ObjectId, haproxy::ShownCertificate> read;
        for (std::size_t i = 0; i < to_read.size(); ++i) {
            auto shown = haproxy::parse_shown_certificate(answers[i + 1]);
            if (!shown)
                return shown.error();
            read.emplace(to_read[i], std::move(*shown));
        }
        note(list, read, certificates);
        return Commands();
    }

    [[nodiscard]] bool is_told(const ObjectId& /*object*/) const override { return true; }

    void adopt(const haproxy::Config&, const std::set<ObjectId>&, Observed&) const override {}

    void note_done(const plan::Step& step, Observed& observed) const override {
        const auto found = observed.certificates.running.find(step.object);
        if (found == observed.certificates.running.end())
            return;
        Certificates::File& file = found->second;
        file.known = std::get<plan::CertificateEffect>(step.effect).after;
        file.shown_as.reset();
        file.shown.fingerprint = file.known->fingerprint;
        if (observed.certificates.begun == step.object.scope)
            observed.certificates.begun.clear();
    }

    void add_plan(const Situation& situation, std::span<const ObjectId> objects,
                  plan::Plan& plan) const override {
        Certificates& certificates = situation.observed.certificates;
        for (const ObjectId& object : objects) {
            const auto file = situation.files.find(object);
            const auto running = certificates.running.find(object);
            if (file == situation.files.end() || file->second.certificate == nullptr)
                continue; // nobody keeps it
            if (running == certificates.running.end()) {
                plan.obstacles.add(object, {plan::Cause::Kind::not_set,
                                            "HAProxy has no certificate under that name yet"});
                continue;
            }
            const SharedCertificate& wanted = file->second.certificate;
            if (has(running->second, file->second))
                continue;
            auto commands = change_commands(object.scope, *wanted);
            if (!commands) {
                plan.obstacles.add(object, {plan::Cause::Kind::not_set, commands.error().message});
                continue;
            }
            end_other_change(certificates, object, *commands);
            plan::Step step;
            step.object = object;
            step.phase = plan::Phase::change;
            step.commands = std::move(*commands);
            step.detail = change_in_words(running->second.shown, *wanted);
            step.effect = plan::CertificateEffect{wanted};
            plan.steps.push_back(std::move(step));
        }
    }

  private:
    static void note(const haproxy::CertificateList& list,
                     std::map<ObjectId, haproxy::ShownCertificate>& read,
                     Certificates& certificates) {
        certificates.begun = list.begun;
        std::set<ObjectId> there;
        for (const std::string& file : list.files)
            there.insert(object_of(file));
        for (auto& [object, shown] : read) {
            Certificates::File& file = certificates.running[object];
            file.shown = std::move(shown);
            if (file.known != nullptr && !file.shown_as &&
                file.shown.fingerprint == file.known->fingerprint)
                file.shown_as = file.shown;
        }
        std::erase_if(certificates.running, [&](const auto& each) {
            return !there.contains(each.first) || !certificates.watched.contains(each.first);
        });
    }

    /// An earlier hitlessd may have begun to change another certificate when it was killed. What
    /// somebody else has begun with a file that nobody keeps is left to them.
    static void end_other_change(Certificates& certificates, const ObjectId& object,
                                 std::vector<Command>& commands) {
        const std::string other = std::exchange(certificates.begun, {});
        if (other.empty() || other == object.scope ||
            !certificates.watched.contains(object_of(other)))
            return;
        if (auto abort = command::abort_certificate(other))
            commands.insert(commands.begin(), std::move(*abort));
    }
};

} // namespace

const Kind& certificates() {
    static const CertificatesKind kind;
    return kind;
}

} // namespace hitless::live
