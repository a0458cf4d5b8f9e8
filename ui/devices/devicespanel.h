// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"
#include "devices/devicemodel.h"
#include "sessionmodel.h"

#include <QSet>
#include <QTimer>
#include <QWidget>

class KMessageWidget;
class KSqueezedTextLabel;
class QCheckBox;
class QLabel;
class QTreeView;

namespace cutover::ui {

/// Both layers of switches, the devices with their fds, and what becomes of them.
class DevicesPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit DevicesPanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    /// Lets \a box show and set the operator's switch, as the panel's own does.
    void bindGlobalSwitch(QCheckBox* box);
    QTreeView* view() { return m_view; }
    const DeviceModel& model() const { return m_model; }
    QString summary() const;
    QSize sizeHint() const override;

    /// Takes over what the record tells by now; otherwise that happens shortly after it has changed.
    void refresh();

protected:
    /// To what is listed here; a focus proxy that is hidden would trap Tab.
    void focusInEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void recordGrew(std::size_t first, std::size_t count);
    void setGlobal(bool on);
    void setDevice(const QString& device, bool on);
    void toggleCurrent();
    void toggleAll();
    void fitEffect();
    void rememberView();
    void restoreView();
    void updateSwitches();
    void updateDetail();
    void showRefusal();
    void say(const QString& text);

    SessionModel* m_session;
    DeviceModel m_model;
    QTimer m_refresh;
    QList<QCheckBox*> m_boxes; ///< of the operator's switch
    std::optional<bool> m_wantedGlobal;
    std::size_t m_seenInventory = 0;
    QSet<QString> m_collapsed;
    QString m_current;

    QAction* m_globalAction = nullptr;
    QAction* m_deviceAction = nullptr;
    QAction* m_expandAction = nullptr;
    QCheckBox* m_global;
    KSqueezedTextLabel* m_globalNote;
    KMessageWidget* m_message;
    KSqueezedTextLabel* m_summary;
    QTreeView* m_view;
    QLabel* m_detail;
    QLabel* m_empty;
};

} // namespace cutover::ui
