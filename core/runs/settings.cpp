// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/settings.h"

#include <KLocalizedString>

#include <QFileInfo>

#include <array>
#include <functional>
#include <vector>

using namespace Qt::StringLiterals;

namespace cutover::runs {

namespace {

constexpr int labSwitchoverMs = 120'000;
constexpr qint64 mebibyte = qint64{ 1 } << 20;
constexpr qint64 largestRam = qint64{ 1 } << 42;
constexpr qsizetype longestValue = 4096;

std::unexpected<Error> wrong(const QString& cause, const QString& hint = {})
{
    return failure(ErrorCode::InvalidArgument, i18n("understand the set"), {}, cause, hint);
}

std::unexpected<Error> wrongValue(const QString& key, const QString& value, const QString& allowed)
{
    return wrong(i18nc("key, value", "%1 cannot be '%2'", key, value), i18n("It takes %1.", allowed));
}

QString onOff(bool on)
{
    return on ? u"on"_s : u"off"_s;
}

Result<bool> readSwitch(const QString& key, const QString& value)
{
    if (value == "on"_L1 || value == "off"_L1)
        return value == "on"_L1;
    return wrongValue(key, value, u"on, off"_s);
}

Result<int> readNumber(const QString& key, const QString& value, int low, int high)
{
    bool ok = false;
    const int number = value.toInt(&ok);
    if (ok && number >= low && number <= high)
        return number;
    return wrongValue(key, value, i18n("a number from %1 to %2", low, high));
}

Result<qint64> readSize(const QString& key, const QString& value)
{
    static const QString units = u"MGT"_s;
    QString digits = value;
    qint64 unit = mebibyte;
    if (!value.isEmpty() && !value.back().isDigit()) {
        digits.chop(1);
        const auto power = units.indexOf(value.back().toUpper());
        unit = power < 0 ? 0 : mebibyte << (10 * power);
    }
    bool ok = false;
    const qint64 number = digits.toLongLong(&ok);
    if (!ok || unit == 0 || number <= 0 || number > largestRam / unit)
        return wrongValue(key, value, i18n("a size, as 256M or 4G"));
    return number * unit;
}

QString sizeText(qint64 bytes)
{
    const qint64 megabytes = bytes / mebibyte;
    return megabytes % 1024 == 0 ? QString(QString::number(megabytes / 1024) + u'G')
                                 : QString(QString::number(megabytes) + u'M');
}

Result<op::SourceSpec> readSource(const QString& key, const QString& value)
{
    op::SourceSpec source;
    if (value.startsWith("qmp:"_L1) && value.size() > 4) {
        source.qmpPath = QFileInfo(value.sliced(4)).absoluteFilePath();
        return source;
    }
    bool ok = false;
    if (value.startsWith("pid:"_L1))
        source.pid = value.sliced(4).toInt(&ok);
    if (!ok || source.pid <= 0)
        return wrongValue(key, value, u"qmp:PATH, pid:N"_s);
    return source;
}

QString sourceText(const op::SourceSpec& source)
{
    return source.pid > 0 ? QString(u"pid:"_s + QString::number(source.pid))
                          : QString(u"qmp:"_s + source.qmpPath);
}

constexpr std::array<std::pair<Load, QLatin1StringView>, 3> loads{ { { Load::Idle, "idle"_L1 },
    { Load::Work, "work"_L1 }, { Load::Full, "full"_L1 } } };

/// One key: how it is read and how it is written.
struct Key
{
    QString name;
    std::function<Result<void>(Settings&, const QString& value)> read;
    std::function<QString(const Settings&)> write;
};

template <typename Value>
Result<void> store(Value& target, const Result<Value>& value)
{
    if (!value)
        return std::unexpected(value.error());
    target = *value;
    return {};
}

Key word(const QString& name, QString Settings::* member, const QStringList& choices = {})
{
    return { .name = name,
        .read = [=](Settings& settings, const QString& value) -> Result<void> {
            if (!choices.isEmpty() && !choices.contains(value))
                return wrongValue(name, value, choices.join(u", "_s));
            settings.*member = value;
            return {};
        },
        .write = [=](const Settings& settings) { return settings.*member; } };
}

Key onOffKey(const QString& name, bool Settings::* member)
{
    return { .name = name,
        .read = [=](Settings& settings,
                    const QString& value) { return store(settings.*member, readSwitch(name, value)); },
        .write = [=](const Settings& settings) { return onOff(settings.*member); } };
}

Key number(const QString& name, int Settings::* member, int low, int high)
{
    return { .name = name,
        .read
        = [=](Settings& settings,
              const QString& value) { return store(settings.*member, readNumber(name, value, low, high)); },
        .write = [=](const Settings& settings) { return QString::number(settings.*member); } };
}

const std::vector<Key>& keys()
{
    static const std::vector<Key> all{
        { .name = u"vmm"_s,
            .read = [](Settings& settings, const QString& value) -> Result<void> {
                if (value != "embedded"_L1 && value != "qemu"_L1)
                    return wrongValue(u"vmm"_s, value, u"embedded, qemu"_s);
                settings.vmm = value == "qemu"_L1 ? Settings::Vmm::Qemu : Settings::Vmm::Embedded;
                return {};
            },
            .write =
                [](const Settings& settings) {
                    return settings.vmm == Settings::Vmm::Qemu ? u"qemu"_s : u"embedded"_s;
                } },
        { .name = u"source"_s,
            .read
            = [](Settings& settings,
                  const QString& value) { return store(settings.source, readSource(u"source"_s, value)); },
            .write =
                [](const Settings& settings) {
                    return settings.isLab() ? QString() : sourceText(settings.source);
                } },
        word(u"binary"_s, &Settings::binary),
        word(u"new-binary"_s, &Settings::newBinary),
        word(u"mode"_s, &Settings::mode, { u"cpr-transfer"_s, u"normal"_s }),
        word(u"handover"_s, &Settings::handover, { u"prepared"_s, u"early-stop"_s, u"late-stop"_s }),
        onOffKey(u"migrate-fds"_s, &Settings::migrateFds),
        onOffKey(u"guarded"_s, &Settings::guarded),
        { .name = u"ram"_s,
            .read = [](Settings& settings,
                        const QString& value) { return store(settings.ramBytes, readSize(u"ram"_s, value)); },
            .write = [](const Settings& settings) { return sizeText(settings.ramBytes); } },
        number(u"queues"_s, &Settings::queues, 1, 8),
        onOffKey(u"devices"_s, &Settings::devices),
        word(u"accel"_s, &Settings::accelerator, { u"thread"_s, u"kvm"_s, u"tcg"_s }),
        { .name = u"load"_s,
            .read = [](Settings& settings, const QString& value) -> Result<void> {
                for (const auto& [load, name] : loads) {
                    if (value == name) {
                        settings.load = load;
                        return {};
                    }
                }
                return wrongValue(u"load"_s, value, u"idle, work, full"_s);
            },
            .write
            = [](const Settings& settings) { return QString(loads.at(std::size_t(settings.load)).second); } },
        number(u"busy"_s, &Settings::hostThreads, 0, 64),
    };
    return all;
}

Result<void> take(Settings& settings, const QString& name, const QString& value)
{
    QStringList known;
    for (const Key& key : keys()) {
        known << key.name;
        if (key.name != name)
            continue;
        if (value.isEmpty() || value.size() > longestValue)
            return wrong(i18nc("key", "%1 has no value that could be used", name));
        return key.read(settings, value);
    }
    return wrong(
        i18nc("key", "there is no setting '%1'", name.left(40)), i18n("There are: %1.", known.join(u", "_s)));
}

QStringList splitAtCommas(const QString& text)
{
    QStringList parts{ QString() };
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != u',')
            parts.last() += text[i];
        else if (i + 1 < text.size() && text[i + 1] == u',')
            parts.last() += text[++i];
        else
            parts << QString();
    }
    parts.removeAll(QString());
    return parts;
}

} // namespace

Result<void> checkSettings(const Settings& s)
{
    const bool qemu = s.vmm == Settings::Vmm::Qemu;
    if (s.name.isEmpty() || s.name.size() > maxSetName)
        return wrong(i18n("a set needs a name of up to %1 characters", int(maxSetName)));
    if (!s.isLab() && (!s.binary.isEmpty() || !s.newBinary.isEmpty() || !s.accelerator.isEmpty()))
        return wrong(i18n("binary, new-binary and accel are for a VMM in a lab"),
            i18n("A VMM of yours goes from process to process of its own program."));
    if (qemu && s.handover == "prepared"_L1)
        return wrong(i18n("QEMU has no handover 'prepared'"),
            i18n("It has late-stop, its own, and early-stop, where it is stopped before the migration."));
    if (!s.migrateFds && (!s.handover.isEmpty() || s.mode != "normal"_L1))
        return wrong(i18n("migrate-fds=off passes nothing: it goes with mode=normal and without a handover"));
    if (!s.handover.isEmpty() && s.mode == "normal"_L1)
        return wrong(i18n("handover is about descriptors that are passed: it goes with mode=cpr-transfer"));
    if (s.stopsByHand() && !s.guarded)
        return wrong(
            i18n("a guest that was stopped before has to be continued: early-stop excludes guarded=off"));
    if (qemu && (s.queues != 1 || !s.devices || s.load != Load::Work))
        return wrong(i18n("queues, devices and load are for the embedded VMM"),
            i18n("busy=N puts a load on the machine for a QEMU, too."));
    if (!qemu && !s.guarded)
        return wrong(i18n("the embedded VMM guards its commit by itself: guarded is for QEMU"));
    if (s.accelerator == (qemu ? "thread"_L1 : "tcg"_L1))
        return wrong(i18nc("accelerator", "this kind of VMM has no accelerator '%1'", s.accelerator));
    if (s.ramBytes < mebibyte || s.ramBytes > largestRam || s.ramBytes % mebibyte != 0)
        return wrong(i18n("ram is a multiple of 1 MiB"));
    return {};
}

Result<Settings> settingsFromText(const QString& text)
{
    Settings settings;
    const qsizetype colon = text.indexOf(u':');
    const qsizetype equals = text.indexOf(u'=');
    if (equals >= 0 && (colon < 0 || colon > equals))
        return wrong(
            i18nc("text", "'%1' has no name", text.left(80)), i18n("Write NAME:key=value,key=value,…."));
    settings.name = (colon < 0 ? text : text.first(colon)).trimmed();
    QStringList seen;
    const QStringList parts = colon < 0 ? QStringList() : splitAtCommas(text.sliced(colon + 1));
    for (const QString& part : parts) {
        const QString key = part.section(u'=', 0, 0).trimmed();
        if (seen.contains(key))
            return wrong(i18nc("key", "%1 is given twice", key));
        seen << key;
        if (auto taken = take(settings, key, part.section(u'=', 1).trimmed()); !taken)
            return std::unexpected(taken.error());
    }
    // What follows from the rest need not be written.
    if (!settings.migrateFds && !seen.contains("mode"_L1))
        settings.mode = u"normal"_s;
    if (auto checked = checkSettings(settings); !checked)
        return std::unexpected(checked.error());
    return settings;
}

QString settingsText(const Settings& settings)
{
    const Settings usual;
    QStringList parts;
    for (const Key& key : keys()) {
        const QString value = key.write(settings);
        if (value != key.write(usual))
            parts << key.name + u'=' + QString(value).replace(u","_s, u",,"_s);
    }
    return parts.isEmpty() ? settings.name : QString(settings.name + u':' + parts.join(u','));
}

QJsonObject toJson(const Settings& settings)
{
    QJsonObject object;
    for (const Key& key : keys()) {
        if (const QString value = key.write(settings); !value.isEmpty())
            object.insert(key.name, value);
    }
    return object;
}

Result<Settings> settingsFromJson(const QJsonObject& object)
{
    Settings settings;
    settings.name = u"-"_s; // it has its own place in the file
    for (auto each = object.begin(); each != object.end(); ++each) {
        if (auto taken = take(settings, each.key(), each.value().toString()); !taken)
            return std::unexpected(taken.error());
    }
    if (auto checked = checkSettings(settings); !checked)
        return std::unexpected(checked.error());
    settings.name.clear();
    return settings;
}

op::SessionRequest requestOf(const Settings& settings)
{
    op::SessionRequest request;
    request.source = settings.source;
    request.destination.binary = settings.newBinary;
    request.mode = settings.mode;
    request.guarded = settings.guarded;
    if (settings.vmm == Settings::Vmm::Embedded) {
        if (!settings.handover.isEmpty())
            request.parameters.insert(u"handover"_s, settings.handover);
        if (!settings.migrateFds)
            request.parameters.insert(u"migrate-fds"_s, false);
    }
    if (settings.isLab())
        request.limits.switchoverMs = labSwitchoverMs;
    return request;
}

lab::LabRequest labOf(const Settings& settings)
{
    lab::LabRequest request;
    request.vmm
        = settings.vmm == Settings::Vmm::Qemu ? lab::LabRequest::Vmm::Qemu : lab::LabRequest::Vmm::Embedded;
    request.program = settings.binary;
    request.options = { u"--ram"_s, sizeText(settings.ramBytes) };
    if (!settings.accelerator.isEmpty())
        request.options << u"--accel"_s << settings.accelerator;
    if (settings.vmm == Settings::Vmm::Embedded) {
        request.options << u"--queues"_s << QString::number(settings.queues);
        if (!settings.devices)
            request.options << u"--bare"_s;
        else if (!settings.migrateFds)
            request.options << u"--network"_s << u"tap"_s; // a socket cannot be opened anew
    }
    return request;
}

} // namespace cutover::runs
