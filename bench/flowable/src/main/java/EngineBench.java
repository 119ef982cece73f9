import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

import org.flowable.common.engine.api.delegate.event.AbstractFlowableEventListener;
import org.flowable.common.engine.api.delegate.event.FlowableEngineEventType;
import org.flowable.common.engine.api.delegate.event.FlowableEntityEvent;
import org.flowable.common.engine.api.delegate.event.FlowableEvent;
import org.flowable.common.engine.impl.persistence.StrongUuidGenerator;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.flowable.task.api.Task;

/**
 * Lets callers complete user tasks of process instances in PostgreSQL and prints how many a second.
 * Each completion gives five variables and leaves the next task, with an assignee and a due date, as an act leaves a duty.
 * The engine itself tells which task is next, so no query for it is timed. Arguments: JDBC address, callers, instances of
 * each, completions of each caller that are timed.
 */
public class EngineBench {
    private static final String PROCESS = """
        <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:flowable="http://flowable.org/bpmn" targetNamespace="bench">
          <process id="case" isExecutable="true">
            <startEvent id="begin"/>
            <sequenceFlow id="f1" sourceRef="begin" targetRef="act"/>
            <userTask id="act" flowable:assignee="person-1" flowable:dueDate="${due}"/>
            <sequenceFlow id="f2" sourceRef="act" targetRef="more"/>
            <exclusiveGateway id="more" default="f3"/>
            <sequenceFlow id="f3" sourceRef="more" targetRef="act"/>
            <sequenceFlow id="f4" sourceRef="more" targetRef="end"><conditionExpression>${closed}</conditionExpression></sequenceFlow>
            <endEvent id="end"/>
          </process>
        </definitions>
        """;

    public static void main(String[] args) throws Exception {
        int callers = Integer.parseInt(args[1]), instances = Integer.parseInt(args[2]), each = Integer.parseInt(args[3]);
        StandaloneProcessEngineConfiguration conf = new StandaloneProcessEngineConfiguration();
        conf.setJdbcUrl(args[0]).setJdbcUsername("plumbline").setJdbcPassword("").setJdbcDriver("org.postgresql.Driver");
        conf.setJdbcMaxActiveConnections(callers).setJdbcMaxIdleConnections(callers);
        conf.setIdGenerator(new StrongUuidGenerator()); // the other one takes a second connection while the first is held
        conf.setDatabaseSchemaUpdate("true").setAsyncExecutorActivate(false);
        ProcessEngine engine = conf.buildProcessEngine();
        Map<String, String> next = new ConcurrentHashMap<>();
        engine.getRuntimeService().addEventListener(new AbstractFlowableEventListener() {
            @Override
            public void onEvent(FlowableEvent event) {
                Task task = (Task) ((FlowableEntityEvent) event).getEntity();
                next.put(task.getProcessInstanceId(), task.getId());
            }

            @Override
            public boolean isFailOnException() {
                return true;
            }
        }, FlowableEngineEventType.TASK_CREATED);
        engine.getRepositoryService().createDeployment().addString("case.bpmn20.xml", PROCESS).deploy();

        String[][] ids = new String[callers][instances];
        inParallel(callers, caller -> {
            for (int i = 0; i < instances; i++) {
                ids[caller][i] = engine.getRuntimeService().startProcessInstanceByKey("case", data(i)).getId();
            }
        });
        complete(engine, next, ids, Math.max(each / 2, instances)); // until the virtual machine has compiled what it runs
        long began = System.nanoTime();
        complete(engine, next, ids, each);
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf("%.1f%n", callers * (double) each / seconds);
        engine.close();
    }

    private static void complete(ProcessEngine engine, Map<String, String> next, String[][] ids, int each) throws Exception {
        inParallel(ids.length, caller -> {
            for (int i = 0; i < each; i++) {
                engine.getTaskService().complete(next.get(ids[caller][i % ids[caller].length]), data(i));
            }
        });
    }

    private static Map<String, Object> data(int i) {
        Map<String, Object> data = new HashMap<>();
        data.put("closed", false);
        data.put("due", new Date(System.currentTimeMillis() + 24 * 3600 * 1000L));
        data.put("text", "某甲称某日被人殴打，第" + i + "次");
        data.put("amount", 500L + i);
        data.put("person", "person-" + i % 7);
        return data;
    }

    private interface Caller {
        void run(int caller) throws Exception;
    }

    private static void inParallel(int callers, Caller work) throws Exception {
        CountDownLatch done = new CountDownLatch(callers);
        AtomicReference<Exception> failed = new AtomicReference<>();
        for (int c = 0; c < callers; c++) {
            int caller = c;
            new Thread(() -> {
                try {
                    work.run(caller);
                } catch (Exception e) {
                    failed.set(e);
                } finally {
                    done.countDown();
                }
            }).start();
        }
        done.await();
        if (failed.get() != null) {
            throw failed.get();
        }
    }
}
